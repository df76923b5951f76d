#include "harness/stopwatch.hpp"

#include <cmath>
#include <memory>

#include "harness/opaque.hpp"

namespace shmoo::bench {
namespace {

// Of the mean. Promised is a hundredth; between other work the same readings cost up to half as much again.
constexpr double kMostAdded = 0.006;

}  // namespace

void Stopwatch::end_block(Ticks before, std::uint64_t operations) {
  const Ticks took = posix::FastClock::between(before, clock_.now());
  const double ns =
      clock_.ns(posix::FastClock::between(clock_.cost(), took)) / static_cast<double>(operations);
  if (ns > 0 && (least_ns_ == 0 || ns < least_ns_)) least_ns_ = ns;
  due_ = operations;
}

void Stopwatch::end_operation(Ticks start) {
  const Ticks took = posix::FastClock::between(start, clock_.now());
  histogram_.record(clock_.ps(posix::FastClock::between(clock_.cost(), took)));
  due_ = every_ - 1;
}

void Stopwatch::arm(bool on, posix::Nanoseconds rest) {
  warming_ = false;
  rest_ = rest;
  sum_ps_ = 0;
  histogram_.clear();
  every_ = 0;
  due_ = kNever;
  if (!on) return;
  // What was too quick to be seen took a tick at most.
  const double ns = std::max(least_ns_, 0.1);
  every_ = static_cast<std::uint64_t>(std::ceil(std::max(1.0, overhead_ns_ / (kMostAdded * ns)))) | 1;
  due_ = every_ - 1;
}

double Stopwatch::overhead_ns() {
  static const double overhead = [] {
    constexpr std::uint64_t kBurst = 256;
    const auto watch = std::unique_ptr<Stopwatch>(new Stopwatch(0));
    watch->arm(true);  // without an overhead each operation is timed
    double least = std::numeric_limits<double>::max();
    for (int repeat = 0; repeat < 16; ++repeat) {
      const Ticks start = watch->clock_.now();
      watch->each(kBurst, [] { next_operation(); });
      least = std::min(least, watch->clock_.ns(posix::FastClock::between(start, watch->clock_.now())));
    }
    return least / kBurst;
  }();
  return overhead;
}

}  // namespace shmoo::bench
