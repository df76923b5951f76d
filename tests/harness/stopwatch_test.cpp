#include "harness/stopwatch.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "harness/opaque.hpp"

namespace shmoo::bench {
namespace {

/// Keeps the CPU for so long.
void spin(std::int64_t ns) {
  for (const std::int64_t end = posix::monotonic_ns() + ns; posix::monotonic_ns() < end;) {
  }
}

TEST(Stopwatch, calls_the_operation_as_often_as_it_is_told) {
  for (const std::uint64_t count : {0, 1, 2, 7, 8, 9, 1000, 12'345}) {
    const auto watch = std::make_unique<Stopwatch>();
    std::uint64_t warm = 0;
    watch->each(count, [&] { ++warm; });
    EXPECT_EQ(warm, count);
    watch->arm(true);
    std::uint64_t timed = 0;
    watch->each(count, [&] { ++timed; });
    watch->each(count, [&] { ++timed; });
    EXPECT_EQ(timed, 2 * count);
  }
}

TEST(Stopwatch, times_every_operation_that_takes_far_longer_than_timing_it) {
  const auto watch = std::make_unique<Stopwatch>();
  const auto ns = static_cast<std::int64_t>(300 * Stopwatch::overhead_ns());
  watch->each(20, [&] { spin(ns); });
  EXPECT_EQ(watch->histogram().count(), 0u);
  watch->arm(true);
  EXPECT_EQ(watch->every(), 1u);
  watch->each(30, [&] { spin(ns); });
  EXPECT_EQ(watch->histogram().count(), 30u);
  // It cannot have been quicker; how much slower is the machine's affair.
  EXPECT_GE(*watch->histogram().quantile_ns(0.5), 0.97 * static_cast<double>(ns));
}

TEST(Stopwatch, times_one_in_an_odd_number_of_quick_operations) {
  const auto watch = std::make_unique<Stopwatch>();
  watch->each(100'000, [] { next_operation(); });
  watch->arm(true);
  const std::uint64_t every = watch->every();
  EXPECT_GT(every, 1u);
  EXPECT_EQ(every % 2, 1u);
  // Counted over all calls, not anew in each.
  for (int call = 0; call < 10; ++call) watch->each(every / 2 + 1, [] { next_operation(); });
  EXPECT_EQ(watch->histogram().count(), 10 * (every / 2 + 1) / every);
}

TEST(Stopwatch, forgets_the_warm_up) {
  const auto watch = std::make_unique<Stopwatch>();
  watch->record(1'000'000);
  EXPECT_EQ(watch->histogram().count(), 1u);
  watch->arm(true);
  EXPECT_EQ(watch->histogram().count(), 0u);
}

TEST(Stopwatch, switched_off_it_times_nothing) {
  const auto watch = std::make_unique<Stopwatch>();
  watch->each(10, [] { spin(100'000); });
  watch->arm(false);
  watch->each(10, [] { spin(100'000); });
  EXPECT_EQ(watch->every(), 0u);
  EXPECT_EQ(watch->histogram().count(), 0u);
}

TEST(Stopwatch, says_what_timing_costs) {
  EXPECT_GT(Stopwatch::overhead_ns(), 0);
  EXPECT_GE(Stopwatch::overhead_ns(), posix::FastClock::best().cost_ns());
}

}  // namespace
}  // namespace shmoo::bench
