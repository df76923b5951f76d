#include "posix/fast_clock.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "support/processes.hpp"

namespace shmoo::posix {
namespace {

std::vector<FastClock::Source> sources() {
  std::vector<FastClock::Source> all{FastClock::Source::clock_gettime};
  if (FastClock::has_trusted_tsc()) all.push_back(FastClock::Source::tsc);
  return all;
}

TEST(FastClock, takes_the_counter_only_where_it_can_be_trusted) {
  EXPECT_EQ(FastClock::best().source() == FastClock::Source::tsc, FastClock::has_trusted_tsc());
  EXPECT_EQ(FastClock::best().name(), FastClock::has_trusted_tsc() ? "tsc" : "clock_gettime");
}

TEST(FastClock, says_what_a_reading_costs) {
  for (const FastClock::Source source : sources()) {
    const FastClock clock(source);
    EXPECT_GT(clock.ticks_per_ns(), 0);
    EXPECT_GE(clock.cost_ns(), 0);
    EXPECT_DOUBLE_EQ(clock.ns(clock.cost()), clock.cost_ns());
  }
}

TEST(FastClock, counts_nanoseconds_where_it_falls_back) {
  const FastClock clock(FastClock::Source::clock_gettime);
  EXPECT_EQ(clock.ns(1000), 1000);
  EXPECT_EQ(clock.ps(1000), 1'000'000u);
  EXPECT_EQ(clock.ticks(5), 5);
}

// Bracketed from outside and from inside, so that being held up anywhere decides nothing.
TEST(FastClock, runs_at_the_rate_of_the_monotonic_clock) {
  for (const FastClock::Source source : sources()) {
    const FastClock clock(source);
    const std::int64_t outer_start = monotonic_ns();
    const FastClock::Ticks start = clock.now();
    const std::int64_t inner_start = monotonic_ns();
    while (monotonic_ns() - inner_start < 50'000'000) {
    }
    const std::int64_t inner_end = monotonic_ns();
    const FastClock::Ticks end = clock.now();
    const std::int64_t outer_end = monotonic_ns();
    const double ns = clock.ns(FastClock::between(start, end));
    EXPECT_GE(ns, 0.999 * static_cast<double>(inner_end - inner_start)) << clock.name();
    EXPECT_LE(ns, 1.001 * static_cast<double>(outer_end - outer_start)) << clock.name();
  }
}

TEST(FastClock, readings_of_different_processes_are_on_one_scale) {
  for (const FastClock::Source source : sources()) {
    const FastClock clock(source);
    for (int repeat = 0; repeat < 20; ++repeat) {
      const Shared<FastClock::Ticks> read(0, 0);
      const FastClock::Ticks before = clock.now();
      test::run_process([&] { *read = clock.now(); });
      EXPECT_LE(before, *read) << clock.name();
      EXPECT_LE(*read, clock.now()) << clock.name();
    }
  }
}

TEST(FastClock, a_span_that_ends_before_it_began_is_none) {
  EXPECT_EQ(FastClock::between(7, 5), 0u);
  EXPECT_EQ(FastClock::between(5, 7), 2u);
}

}  // namespace
}  // namespace shmoo::posix
