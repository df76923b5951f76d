// Quantiles against exact ones: the values sorted.
#include "harness/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "posix/mapping.hpp"
#include "support/processes.hpp"

namespace shmoo::bench {
namespace {

constexpr double kQuantiles[] = {0.5, 0.9, 0.99, 0.999};

/// Nearest rank: the least value that a share q does not exceed.
double exact(const std::vector<std::uint64_t>& sorted, double q) {
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(sorted.size()) - 1e-6));
  return static_cast<double>(sorted[rank - 1]) * 1e-3;
}

void expect_close(const std::function<double(std::mt19937_64&)>& draw_ns, const char* what) {
  std::mt19937_64 random(7);
  const auto histogram = std::make_unique<Histogram>();
  std::vector<std::uint64_t> all(50'000);
  double sum = 0;
  for (auto& ps : all) {
    ps = static_cast<std::uint64_t>(std::clamp(draw_ns(random), 1.0, 100e9) * 1e3);
    histogram->record(ps);
    sum += static_cast<double>(ps);
  }
  std::sort(all.begin(), all.end());
  for (const double q : kQuantiles) {
    const auto found = histogram->quantile_ns(q);
    ASSERT_TRUE(found) << what << " " << q;
    EXPECT_NEAR(*found / exact(all, q), 1, 0.01) << what << " " << q;
  }
  EXPECT_EQ(histogram->count(), all.size());
  EXPECT_DOUBLE_EQ(histogram->max_ns(), static_cast<double>(all.back()) * 1e-3);
  EXPECT_NEAR(histogram->mean_ns() / (sum * 1e-3 / static_cast<double>(all.size())), 1, 1e-9);
}

TEST(Histogram, is_within_one_percent_of_the_exact_quantiles) {
  expect_close([](auto& r) { return std::uniform_real_distribution(1.0, 1e6)(r); }, "uniform");
  expect_close([](auto& r) { return std::exponential_distribution(1e-3)(r); }, "exponential");
  expect_close([](auto& r) { return std::lognormal_distribution(6.0, 1.5)(r); }, "lognormal");
  expect_close([](auto& r) { return std::pow(10.0, std::uniform_real_distribution(0.0, 11.0)(r)); },
               "1 ns to 100 s");
  expect_close([](auto& r) { return r() % 100 == 0 ? 4e6 : 40.0 + static_cast<double>(r() % 8); },
               "two humps");
  expect_close([](auto&) { return 17.0; }, "one value");
}

TEST(Histogram, every_single_value_from_1_ns_to_100_s_is_within_one_percent) {
  for (double ns = 1; ns <= 100e9; ns *= 1.0137) {
    Histogram histogram;
    // A greater one behind, so that the maximum does not stand in for the bucket.
    for (int i = 0; i < 19; ++i) histogram.record(static_cast<std::uint64_t>(ns * 1e3));
    histogram.record(std::uint64_t{200'000'000'000} * 1000);
    EXPECT_NEAR(*histogram.quantile_ns(0.5) / ns, 1, 0.01) << ns;
  }
}

TEST(Histogram, a_quantile_needs_ten_operations_behind_it) {
  const auto told = [](std::uint64_t count) {
    Histogram histogram;
    for (; count > 0; --count) histogram.record(1000);
    const Latencies all = Latencies::of(histogram);
    return int{all.p50_ns.has_value()} + all.p90_ns.has_value() + all.p99_ns.has_value() +
           all.p999_ns.has_value();
  };
  EXPECT_EQ(told(0), 0);
  EXPECT_EQ(told(19), 0);
  EXPECT_EQ(told(20), 1);
  EXPECT_EQ(told(99), 1);
  EXPECT_EQ(told(100), 2);
  EXPECT_EQ(told(999), 2);
  EXPECT_EQ(told(1000), 3);
  EXPECT_EQ(told(9999), 3);
  EXPECT_EQ(told(10'000), 4);
}

TEST(Histogram, what_is_longer_than_its_range_is_counted_and_right_in_the_maximum) {
  Histogram histogram;
  for (int i = 0; i < 20; ++i) histogram.record(3 * Histogram::kLongestPs);
  EXPECT_EQ(histogram.count(), 20u);
  EXPECT_DOUBLE_EQ(histogram.max_ns(), static_cast<double>(3 * Histogram::kLongestPs) * 1e-3);
  EXPECT_GT(*histogram.quantile_ns(0.5), 100e9);
}

TEST(Histogram, nothing_recorded_tells_nothing) {
  const Latencies none = Latencies::of(Histogram());
  EXPECT_EQ(none.count, 0u);
  EXPECT_EQ(none.mean_ns, 0);
  EXPECT_FALSE(none.p50_ns);
}

TEST(Histogram, is_filled_by_processes_and_added_up_by_their_parent) {
  constexpr int kProcesses = 3;
  const posix::Shared<std::array<Histogram, kProcesses>> parts(0);
  test::run_processes(kProcesses, [&](int process) {
    for (std::uint64_t i = 1; i <= 1000; ++i)
      (*parts)[static_cast<std::size_t>(process)].record((static_cast<std::uint64_t>(process) * 1000 + i) *
                                                         1000);
  });
  Histogram sum;
  for (const Histogram& part : *parts) sum.add(part);
  EXPECT_EQ(sum.count(), 3000u);
  EXPECT_NEAR(*sum.quantile_ns(0.5), 1500, 15);
  EXPECT_NEAR(*sum.quantile_ns(0.99), 2970, 29.7);
  EXPECT_DOUBLE_EQ(sum.max_ns(), 3000);
  sum.clear();
  EXPECT_EQ(sum.count(), 0u);
}

}  // namespace
}  // namespace shmoo::bench
