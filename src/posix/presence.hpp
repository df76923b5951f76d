// How long a thread was there for its work, and how long it only lacked a CPU: what tells a process that
// others starve from one that the machine did not let run.
#pragma once
#include <cstdint>
#include <optional>

namespace shmoo::posix {

/// What the kernel has counted of a thread so far.
struct Presence {
  std::int64_t cpu_ns = 0;    ///< on a CPU
  std::int64_t delay_ns = 0;  ///< ready to run, but another thread had the CPU
  std::int64_t sleeps = 0;    ///< how often it gave the CPU up of its own will
};

/// The calling thread's; some 10 us. Nothing where the kernel does not count delays (CONFIG_SCHED_INFO), or
/// /proc is not there.
std::optional<Presence> own_presence();

/// Of the `wall_ns` between two looks: how long the thread worked or waited for somebody. Who never slept did
/// so only while on a CPU; who slept, whenever no other thread kept it from one. At least 1.
std::int64_t present_ns(const Presence& before, const Presence& after, std::int64_t wall_ns);

}  // namespace shmoo::posix
