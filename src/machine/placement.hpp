// Where a team's members sit: which CPUs there are for this process, how near they are to each other, and a
// choice among them.
//
// What hwloc says is what the kernel was told; a hypervisor may tell it tales. So a placement is a request,
// and the class of a sample (harness/classes.hpp) says what it came to.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shmoo::machine {

/// A CPU that this process may use, and what it shares: equal numbers mean the same core, third-level cache,
/// package.
struct Cpu {
  int number = 0;
  int core = 0;
  int l3 = 0;  ///< the package's number where there is no such cache
  int package = 0;
};

/// The CPUs of the affinity mask, ascending. `synthetic` is a description in hwloc's notation that takes the
/// machine's place in tests, `allowed` then names the CPUs (empty = all of them). Without any topology each
/// CPU is a core of its own in one package.
std::vector<Cpu> cpus(const std::string& synthetic = "", std::vector<int> allowed = {});

/// How many CPUs' worth of time the control group allows, rounded down but at least 1; nothing = no limit.
std::optional<int> cpu_quota();

enum class Place {
  automatic,  ///< distinct cores, the nearest first; then their siblings
  same_cpu,   ///< all on one CPU
  smt,        ///< siblings of one core
  same_l3,    ///< distinct cores of one third-level cache
  far,        ///< distinct third-level caches, other packages first
  unpinned,   ///< the scheduler decides
};
/// "auto", "same_cpu", "smt", "same_l3", "far", "unpinned".
std::string_view name(Place place);
std::optional<Place> place_of(std::string_view name);

struct Placement {
  /// Member i sits on cpus[i % size]; empty = not pinned, or refused.
  std::vector<int> cpus;
  /// How many different CPUs the team can use at one time.
  int width = 1;
  std::string refusal;  ///< why this place cannot be had here, "" = it can
};

/// Chooses for `procs` members. Under a quota below the number of CPUs a team is kept on so many CPUs as it
/// may really use: else the kernel would stop it in the middle.
Placement place(Place wanted, const std::vector<Cpu>& cpus, int procs, std::optional<int> quota = {});

}  // namespace shmoo::machine
