// Where a cell's team sits and how it waits, from the cell's axes.
#pragma once
#include <string>
#include <vector>

#include "harness/cell.hpp"
#include "machine/placement.hpp"
#include "share/mechanism.hpp"

namespace shmoo::bench {

/// The CPUs that a team of this cell gets, by its axis "place". The machine is asked once per process.
machine::Placement seats_of(const Cell& cell);

/// How near the farthest two of these CPUs are to each other, as hwloc sees it: "same_cpu", "smt", "same_l3",
/// "far".
std::string_view nearness(const std::vector<int>& cpus);

/// How the processes of a team wait, by the axis "wait" of its cell.
enum class Wait {
  /// Spin for about a wake-up's cost, then sleep; at once when there are more processes than CPUs, and at a
  /// socket, where each look is a system call, and the peers that one is compared with sleep as well.
  adaptive,
  spin,   ///< spin for far longer than any healthy wait; sleep only then
  yield,  ///< spin a little, then give up the CPU again and again; sleep after a while
  block,  ///< sleep at once
};
/// Names as on the command line, in the order of the enumeration.
const std::vector<std::string>& wait_names();
/// Why a mechanism on these seats cannot wait that way, "" = it can.
std::string wait_refusal(const Cell& cell, const About& about, int width);
/// Sets this process's patience, which the team and its servers inherit. `spin_ns` = what a wake-up costs
/// here.
void set_patience(const Cell& cell, const About& about, int width, std::int64_t spin_ns);

}  // namespace shmoo::bench
