// A clock quick enough for single operations: the CPU's time stamp counter where it can be trusted, else
// clock_gettime(2).
//
// The counter is trusted when the CPU says that it runs at one rate in all states (CPUID leaf 0x80000007) and
// the kernel keeps its own time by it (clocksource tsc), which it only does while the counters of all CPUs
// agree: so readings are comparable between CPUs and between processes. Its rate is calibrated against
// CLOCK_MONOTONIC. An object is a few numbers, no handle: it means the same in a forked child and may lie in
// shared memory. Everybody may read it at the same time.
#pragma once
#include <cstdint>
#include <string_view>

#include "posix/clock.hpp"

namespace shmoo::posix {

class FastClock {
 public:
  /// What a reading counts: cycles of the counter, or nanoseconds.
  using Ticks = std::uint64_t;
  enum class Source { tsc, clock_gettime };

  /// Calibrates that source, which takes about 5 ms. Throws std::invalid_argument where this build has no
  /// such counter.
  explicit FastClock(Source source);

  /// The best source here, calibrated once per process tree: call it before the forks that shall share it.
  static const FastClock& best();
  /// Whether the counter can be trusted on this machine.
  static bool has_trusted_tsc();

  /// Now. What comes before the call in the program is done before the reading, what comes after begins after
  /// it; that makes a reading cost more than the bare instruction, and differences true.
  Ticks now() const {
#if defined(__x86_64__)
    if (source_ == Source::tsc) [[likely]] {
      std::uint32_t low;
      std::uint32_t high;
      asm volatile("lfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high) : : "memory");
      return static_cast<Ticks>(high) << 32 | low;
    }
#endif
    return static_cast<Ticks>(monotonic_ns());
  }

  /// From one reading to a later one; 0 where the counters of two CPUs are a hair apart the wrong way.
  static Ticks between(Ticks start, Ticks end) {
    return end > start ? end - start : 0;
  }
  double ns(Ticks ticks) const {
    return static_cast<double>(ticks) * ns_per_tick_;
  }
  std::uint64_t ps(Ticks ticks) const {
    return static_cast<std::uint64_t>(static_cast<double>(ticks) * (1e3 * ns_per_tick_));
  }
  /// Ticks in so many nanoseconds, not rounded.
  double ticks(double ns) const {
    return ns / ns_per_tick_;
  }

  Source source() const {
    return source_;
  }
  /// "tsc" or "clock_gettime".
  std::string_view name() const {
    return source_ == Source::tsc ? "tsc" : "clock_gettime";
  }
  double ticks_per_ns() const {
    return 1 / ns_per_tick_;
  }
  /// What two readings differ by when nothing lies between: the mean of a thousand, less the longest tenth.
  Ticks cost() const {
    return cost_;
  }
  double cost_ns() const {
    return ns(cost_);
  }

 private:
  Source source_;
  double ns_per_tick_ = 1;
  Ticks cost_ = 0;
};

}  // namespace shmoo::posix
