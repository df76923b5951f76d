// Where a run with a budget spends its time: pure functions on what has been measured so far.
//
// Every cell gets kLeastRounds rounds. What is left of the budget goes round by round to the cells whose
// median is known worst, counted per second that one more round of them takes.
#pragma once
#include <cstddef>
#include <vector>

namespace shmoo::bench {

/// No cell has fewer rounds, whatever the budget.
inline constexpr int kLeastRounds = 3;

/// The rank k, from 1, for which the k-th smallest and the k-th largest of `samples` values enclose the
/// median with a probability of at least 95 %, whatever the distribution: the largest k with P(Bin(samples,
/// 1/2) < k) <= 2.5 %. 0 when even the smallest and the largest do not (fewer than 6).
int interval_rank(int samples);

/// Width of that interval, relative to the median; for fewer than 6 times the range. Infinite for fewer than
/// 2: nothing is known. `times` are positive, in any order and unit.
double median_width(std::vector<double> times);

/// What is known of a cell.
struct Standing {
  std::vector<double> times;  ///< of its good samples, ns per operation
  int rounds = 0;             ///< that it had, good or failed
  double expected_s = 0;      ///< what one more round of it takes, seconds; positive
};

/// Chooses the cells of a round beyond the first kLeastRounds: those with the largest width per expected
/// second, at most a quarter of all that may still gain (the ranking changes as soon as they are measured),
/// and no more than fit into `left_s`. A cell that has `most_rounds` or fewer than 2 good samples (it fails)
/// gains nothing.
/// @return positions in `cells`, the one with most to gain first; empty when there is nothing left to do.
std::vector<std::size_t> choose_round(const std::vector<Standing>& cells, int most_rounds, double left_s);

/// What kLeastRounds rounds of `cells` take at least, seconds: their timed parts alone.
double least_s(std::size_t cells, double min_time_s);

/// Forecasts kLeastRounds rounds while the first is under way, seconds in all: `done` of `cells` cells took
/// `spent_s`. A low estimate: the first round calibrates, which takes several times as long.
double forecast_s(double spent_s, std::size_t done, std::size_t cells);

}  // namespace shmoo::bench
