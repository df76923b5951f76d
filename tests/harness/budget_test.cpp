#include "harness/budget.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace shmoo::bench {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// P(Bin(n, 1/2) < k), term by term.
double below(int k, int n) {
  double sum = 0;
  for (int i = 0; i < k; ++i)
    sum += std::exp(std::lgamma(n + 1) - std::lgamma(i + 1) - std::lgamma(n - i + 1) - n * std::log(2.0));
  return sum;
}

TEST(Budget, the_rank_is_the_largest_that_leaves_a_fortieth_on_either_side) {
  for (const int n : {6, 7, 8, 9, 12, 25, 100, 999, 5000}) {
    const int k = interval_rank(n);
    EXPECT_LE(below(k, n), 0.025) << n;
    EXPECT_GT(below(k + 1, n), 0.025) << n;
  }
}

TEST(Budget, ranks_are_those_of_the_printed_tables) {
  EXPECT_EQ(interval_rank(6), 1);
  EXPECT_EQ(interval_rank(8), 1);
  EXPECT_EQ(interval_rank(9), 2);
  EXPECT_EQ(interval_rank(20), 6);
  EXPECT_EQ(interval_rank(100), 40);
}

TEST(Budget, fewer_than_six_values_enclose_no_median_with_that_certainty) {
  for (int n = 0; n < 6; ++n) EXPECT_EQ(interval_rank(n), 0);
}

TEST(Budget, the_width_of_few_values_is_their_range) {
  EXPECT_DOUBLE_EQ(median_width({10, 12, 9}), 0.3);
  EXPECT_DOUBLE_EQ(median_width({10, 30}), 1.0);
}

TEST(Budget, an_outlier_among_many_does_not_make_the_median_wide) {
  EXPECT_DOUBLE_EQ(median_width({10, 10, 10, 10, 10, 10, 10, 10, 1000}), 0);
}

TEST(Budget, of_one_value_nothing_is_known) {
  EXPECT_TRUE(std::isinf(median_width({10})));
  EXPECT_TRUE(std::isinf(median_width({})));
}

Standing standing(double spread, double expected_s, int rounds = 3) {
  return {{100 - spread / 2, 100, 100 + spread / 2}, rounds, expected_s};
}

TEST(Budget, the_widest_cell_comes_first) {
  EXPECT_THAT(choose_round({standing(1, 1), standing(5, 1), standing(2, 1)}, 100, 10), ElementsAre(1));
}

TEST(Budget, of_two_equally_wide_cells_the_cheaper_comes_first) {
  EXPECT_THAT(choose_round({standing(5, 2), standing(5, 1)}, 100, 10), ElementsAre(1));
}

TEST(Budget, a_round_holds_a_quarter_of_the_cells_those_with_most_to_gain) {
  std::vector<Standing> cells;
  for (int i = 0; i < 40; ++i) cells.push_back(standing(1 + i, 0.1));
  const auto chosen = choose_round(cells, 100, 1000);
  EXPECT_THAT(chosen, SizeIs(10));
  EXPECT_THAT(chosen, Each(::testing::Ge(30u)));
  EXPECT_EQ(chosen.front(), 39u);
}

TEST(Budget, a_round_holds_no_more_than_the_time_that_is_left) {
  std::vector<Standing> cells;
  for (int i = 0; i < 40; ++i) cells.push_back(standing(40 - i, 1));
  EXPECT_THAT(choose_round(cells, 100, 3.5), ElementsAre(0, 1, 2));
  EXPECT_THAT(choose_round(cells, 100, 0.5), IsEmpty());
}

TEST(Budget, a_cheap_cell_is_taken_where_the_widest_does_not_fit) {
  EXPECT_THAT(choose_round({standing(500, 10), standing(1, 1)}, 100, 2), ElementsAre(1));
}

TEST(Budget, a_cell_has_no_more_rounds_than_the_most) {
  EXPECT_THAT(choose_round({standing(50, 1, 9), standing(5, 1, 8)}, 9, 10), ElementsAre(1));
  EXPECT_THAT(choose_round({standing(50, 1, 9)}, 9, 10), IsEmpty());
}

TEST(Budget, a_cell_that_fails_gets_no_more_time) {
  EXPECT_THAT(choose_round({{{}, 3, 1}, {{100}, 3, 1}, standing(1, 1)}, 100, 10), ElementsAre(2));
}

TEST(Budget, three_rounds_take_at_least_their_timed_parts) {
  EXPECT_DOUBLE_EQ(least_s(10, 0.02), 0.6);
}

TEST(Budget, the_forecast_scales_with_the_cells_that_are_missing) {
  EXPECT_DOUBLE_EQ(forecast_s(10, 50, 200), 4 * forecast_s(10, 50, 50));
  EXPECT_GE(forecast_s(10, 50, 50), 10);
}

}  // namespace
}  // namespace shmoo::bench
