// How a workload times single operations: it hands its loop's body to each(), and every n-th call of it is
// timed by itself, for the percentiles. The other n - 1 run in the bare loop that they would run in anyway,
// so the mean, which comes from the whole block, stays what it was.
//
// n follows from the warm-up: so large that what timing adds stays below a hundredth of the mean, 1 where an
// operation takes more than a hundred times as long as timing it. It is odd, so that work which repeats every
// power of two operations (a lap of a ring, a read after each 64th write) is not always met at the same
// point.
//
// One per member, in shared memory: the member records, or a child that it forks and waits for; the parent
// reads when the member has left.
#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "harness/histogram.hpp"
#include "posix/fast_clock.hpp"
#include "posix/mapping.hpp"
#include "posix/rest.hpp"

namespace shmoo::bench {

class alignas(posix::kPad) Stopwatch {
 public:
  using Ticks = posix::FastClock::Ticks;

  /// Warming up, by the best clock here: made before the fork, since clock and overhead are measured once per
  /// process tree.
  Stopwatch() : Stopwatch(overhead_ns()) {}

  /// Calls `operation` `count` times. In the timed phase each n-th call of all is timed; while warming up the
  /// clock is only read between blocks.
  template <class Operation>
  void each(std::uint64_t count, Operation operation) {
    if (warming_) due_ = std::max<std::uint64_t>(1, count / kBlocks);
    if (rest_.count() > 0 && !warming_) return each_rested(count, operation);
    while (count > 0) {
      const std::uint64_t block = std::min(count, due_);
      count -= block;
      due_ -= block;
      const Ticks before = warming_ ? clock_.now() : 0;
      for (std::uint64_t left = block; left > 0; --left) operation();
      if (warming_) {
        end_block(before, block);
      } else if (count > 0) {
        const Ticks start = clock_.now();
        operation();
        end_operation(start);
        --count;
      }
    }
  }

  /// One latency that the caller has taken by clock(), as it is.
  void record(Ticks latency) { histogram_.record(clock_.ps(latency)); }
  const posix::FastClock& clock() const { return clock_; }

  /// Ends the warm-up: forgets what it recorded and chooses n. `on` false: nothing is timed from here on.
  /// With a `rest` each operation is timed, and waits so long before it begins.
  void arm(bool on, posix::Nanoseconds rest = posix::Nanoseconds(0));
  /// What the timed operations took together, ns, when they rested: then the rest is no part of their time.
  std::optional<std::int64_t> rested_ns() const {
    return rest_.count() > 0 ? std::optional(static_cast<std::int64_t>(sum_ps_ / 1000)) : std::nullopt;
  }
  /// n; 0 while warming up or when nothing is timed.
  std::uint64_t every() const { return every_; }
  const Histogram& histogram() const { return histogram_; }

  /// What timing one operation adds to a loop, ns: two readings of the clock and the histogram.
  static double overhead_ns();

 private:
  static constexpr std::uint64_t kBlocks = 8;
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  template <class Operation>
  void each_rested(std::uint64_t count, Operation operation) {
    for (; count > 0; --count) {
      posix::nap(rest_);
      const Ticks start = clock_.now();
      operation();
      const Ticks took = posix::FastClock::between(start, clock_.now());
      const auto ps = clock_.ps(posix::FastClock::between(clock_.cost(), took));
      histogram_.record(ps);
      sum_ps_ += ps;
    }
  }

  explicit Stopwatch(double overhead) : clock_(posix::FastClock::best()), overhead_ns_(overhead) {}
  void end_block(Ticks before, std::uint64_t operations);
  void end_operation(Ticks start);

  posix::FastClock clock_;
  double overhead_ns_;
  double least_ns_ = 0;  // per operation, of the warm-up's quickest block: a cold start must not make n small
  bool warming_ = true;
  posix::Nanoseconds rest_{0};
  std::uint64_t sum_ps_ = 0;
  std::uint64_t every_ = 0;
  std::uint64_t due_ = 0;  // operations before the next that is timed, or before the end of a block
  Histogram histogram_;
};

}  // namespace shmoo::bench
