// How evenly did the mechanism serve the members of a team, and did it starve one?
#pragma once
#include <optional>
#include <span>
#include <string>

#include "harness/job.hpp"
#include "harness/team.hpp"

namespace shmoo::bench {

/// The slowest member's rate over the mean rate of its side, from start to finish by the clock: 1 = perfectly
/// fair. The least over all sides.
double least_share(std::span<const MemberReport> team);

/// Names the member that did less than a twentieth of its fair share; nothing when all had their part, or
/// when it cannot be told. For teams that have a CPU per member.
///
/// A member's rate counts only the time in which it worked or waited (MemberReport::present_ns), less the
/// time in which another was late or lacked a CPU: it may have waited for that one. So other load on the
/// machine makes members late, never starved. The fair share is what the member would have done in its time
/// at the median rate of the others on its side. Judged is who had at least 5 ms and should have done at
/// least 1000 operations, against those who did as many: less may be chance.
std::optional<std::string> starved(std::span<const MemberReport> team);

/// Runs `launch` until it does not throw Starved, at most three times; the last one's Starved goes on. A
/// member can look starved because the host took its CPU away, which a guest does not always see. That does
/// not happen to three launches in a row; a mechanism that starves does it each time.
template <class Launch>
auto run_until_fair(Launch launch) {
  for (int left = 2;; --left) {
    try {
      return launch();
    } catch (const Starved&) {
      if (left == 0) throw;
    }
  }
}

}  // namespace shmoo::bench
