// The context of a results file: Google Benchmark's keys, the machine, the build, and how the run was made.
#pragma once
#include <string>

#include "results/document.hpp"

namespace shmoo::bench {

/// What a run was asked for.
struct RunFacts {
  std::string profile;
  std::string filter;
  int rounds = 0;
  double min_time_s = 0;
  std::uint64_t seed = 0;
  double deadline_s = 0;
  double budget_s = 0;  ///< 0 = none
};

/// Everything that a reader of the numbers should know about where they come from.
results::Json context_of(const RunFacts& run);

/// Whether what hwloc says about cores and caches can be believed: not under a hypervisor.
bool topology_is_true(const results::Json& context);

/// A short name for this machine, made of what never varies: CPU model and number of CPUs, e.g.
/// "amd-epyc-2cpu".
std::string machine_name();

}  // namespace shmoo::bench
