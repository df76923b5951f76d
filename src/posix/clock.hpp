// Time: one monotonic clock for all processes of the machine, and deadlines on it.
#pragma once
#include <time.h>

#include <chrono>
#include <cstdint>
#include <limits>

namespace shmoo::posix {

using Nanoseconds = std::chrono::nanoseconds;

/// Nanoseconds of CLOCK_MONOTONIC: comparable between processes, not between boots.
inline std::int64_t monotonic_ns() {
  timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

/// Until when a call may wait. `now()` never waits (a try), `never()` waits for ever, `in(d)` waits for at
/// most d.
class Deadline {
 public:
  static Deadline never() { return Deadline(std::numeric_limits<std::int64_t>::max()); }
  static Deadline now() { return Deadline(0); }
  static Deadline in(Nanoseconds wait) { return Deadline(monotonic_ns() + wait.count()); }

  bool is_never() const { return at_ns_ == std::numeric_limits<std::int64_t>::max(); }
  bool is_now() const { return at_ns_ == 0; }
  bool passed() const { return is_now() || (!is_never() && monotonic_ns() >= at_ns_); }
  /// Nanoseconds left, never negative; undefined for never().
  std::int64_t left_ns() const {
    const std::int64_t left = is_now() ? 0 : at_ns_ - monotonic_ns();
    return left > 0 ? left : 0;
  }
  /// What poll(2) takes: milliseconds rounded up, -1 for ever.
  int poll_ms() const {
    if (is_never()) return -1;
    const std::int64_t ms = (left_ns() + 999'999) / 1'000'000;
    return ms > 1'000'000'000 ? 1'000'000'000 : static_cast<int>(ms);
  }
  /// The absolute CLOCK_MONOTONIC time, for calls that take one; undefined for never().
  timespec absolute() const { return {at_ns_ / 1'000'000'000, at_ns_ % 1'000'000'000}; }

 private:
  explicit Deadline(std::int64_t at_ns) : at_ns_(at_ns) {}
  std::int64_t at_ns_;
};

}  // namespace shmoo::posix
