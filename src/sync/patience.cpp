#include "sync/patience.hpp"

#include <algorithm>
#include <limits>

#include "posix/clock.hpp"

namespace shmoo::sync {

std::uint32_t spins_for(std::int64_t ns) {
  // The least of several short bursts: an interrupt or a stolen slice makes a burst longer, never shorter.
  static const double ns_per_spin = [] {
    constexpr int burst = 500;
    std::int64_t best = std::numeric_limits<std::int64_t>::max();
    for (int repeat = 0; repeat < 8; ++repeat) {
      const std::int64_t start = posix::monotonic_ns();
      for (int spin = 0; spin < burst; ++spin) relax();
      best = std::min(best, posix::monotonic_ns() - start);
    }
    return std::max(0.25, static_cast<double>(best) / burst);
  }();
  return static_cast<std::uint32_t>(static_cast<double>(ns) / ns_per_spin);
}

}  // namespace shmoo::sync
