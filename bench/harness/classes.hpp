// The class of a sample: how near to each other its CPUs really were.
//
// Where hwloc tells the truth, the CPUs' numbers say it. Under a hypervisor they do not: the host moves
// virtual CPUs between siblings, one third-level cache and two, and the guest cannot see it; then the round
// trip of a cache line, probed at each sample, does. Its values fall into clusters a factor of two or more
// apart, and the clusters of the run make the thresholds.
#pragma once
#include <vector>

#include "results/document.hpp"

namespace shmoo::bench {

/// Bounds of the classes by the round trip of a cache line, ns: below `smt` it is that class, below `same_l3`
/// that, else far.
struct Thresholds {
  double smt = 0;
  double same_l3 = 0;
};

/// From the clusters of these round trips (ns, any order). With fewer than `kLeastProbes` of them: halfway
/// between what is usual.
Thresholds thresholds_of(std::vector<double> line_ns);
inline constexpr std::size_t kLeastProbes = 12;

/// Gives every row its `class`: where `trusted` (hwloc is believed) the one that it has from there, else by
/// its `line_ns`; null where neither is known. @return context.classes: {"source", "thresholds", "counts"}.
results::Json classify(std::vector<results::Json>& rows, bool trusted);

}  // namespace shmoo::bench
