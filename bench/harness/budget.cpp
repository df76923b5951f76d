#include "harness/budget.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace shmoo::bench {

int interval_rank(int samples) {
  constexpr double kTail = 0.025;
  // Walks up the binomial distribution in logarithms: 2^-samples alone is no double beyond 1074.
  double log_mass = -samples * std::log(2.0);
  double below = std::exp(log_mass);  // P(Bin < rank + 1)
  int rank = 0;
  while (below <= kTail && rank < samples / 2) {
    log_mass += std::log(static_cast<double>(samples - rank) / (rank + 1));
    below += std::exp(log_mass);
    ++rank;
  }
  return rank;
}

double median_width(std::vector<double> times) {
  if (times.size() < 2) return std::numeric_limits<double>::infinity();
  std::sort(times.begin(), times.end());
  const std::size_t n = times.size();
  const double median = (times[(n - 1) / 2] + times[n / 2]) / 2;
  const auto rank = static_cast<std::size_t>(std::max(1, interval_rank(static_cast<int>(n))));
  return (times[n - rank] - times[rank - 1]) / median;
}

std::vector<std::size_t> choose_round(const std::vector<Standing>& cells, int most_rounds, double left_s) {
  std::vector<double> gain(cells.size(), 0);
  std::vector<std::size_t> order;
  for (std::size_t at = 0; at < cells.size(); ++at) {
    const Standing& cell = cells[at];
    if (cell.rounds >= most_rounds || cell.times.size() < 2) continue;
    gain[at] = median_width(cell.times) / cell.expected_s;
    if (gain[at] > 0) order.push_back(at);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return gain[a] > gain[b]; });
  const std::size_t most = (order.size() + 3) / 4;
  std::vector<std::size_t> chosen;
  for (const std::size_t at : order) {
    if (chosen.size() == most) break;
    if (cells[at].expected_s > left_s) continue;  // a cheaper one may fit
    left_s -= cells[at].expected_s;
    chosen.push_back(at);
  }
  return chosen;
}

double least_s(std::size_t cells, double min_time_s) {
  return kLeastRounds * static_cast<double>(cells) * min_time_s;
}

double forecast_s(double spent_s, std::size_t done, std::size_t cells) {
  // Seen: calibrating takes 4 to 5 times as long as a round with known counts.
  constexpr double kOfFirst = 1.0 / 6;
  const double first =
      spent_s * static_cast<double>(cells) / static_cast<double>(std::max<std::size_t>(done, 1));
  return first * (1 + (kLeastRounds - 1) * kOfFirst);
}

}  // namespace shmoo::bench
