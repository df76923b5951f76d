#include "harness/classes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

namespace shmoo::bench {
namespace {

/// Round trips as seen on today's machines, ns: siblings, one third-level cache, two.
constexpr std::array<double, 3> kUsual{55, 130, 500};
/// Clusters whose middles are nearer than this factor are one.
constexpr double kApart = 1.6;
/// No line is so far away: a party was held up in every burst.
constexpr double kHeldUp = 2'000;
/// Fewer of the probes than this share are stragglers, not a class.
constexpr double kLeastShare = 0.04;

struct Cluster {
  double middle;  ///< ns
  std::size_t size;
};

double distance(double a, double b) {
  return std::abs(std::log(a / b));
}

/// A cut of the sorted logarithms into `count` groups that leaves the least scatter within them: all cuts are
/// tried on a thinned list, since a run has thousands of probes and at most three groups.
std::vector<Cluster> cut(const std::vector<double>& sorted, int count) {
  const std::size_t n = sorted.size();
  std::vector<double> sum(n + 1, 0);
  std::vector<double> squares(n + 1, 0);
  for (std::size_t i = 0; i < n; ++i) {
    sum[i + 1] = sum[i] + sorted[i];
    squares[i + 1] = squares[i] + sorted[i] * sorted[i];
  }
  const auto scatter = [&](std::size_t from, std::size_t to) {
    const double total = sum[to] - sum[from];
    return squares[to] - squares[from] - total * total / static_cast<double>(to - from);
  };
  const auto cluster = [&](std::size_t from, std::size_t to) {
    return Cluster{std::exp((sum[to] - sum[from]) / static_cast<double>(to - from)), to - from};
  };
  if (count == 1) return {cluster(0, n)};
  double least = std::numeric_limits<double>::max();
  std::vector<Cluster> best;
  for (std::size_t a = 1; a < n; ++a) {
    if (count == 2) {
      if (const double found = scatter(0, a) + scatter(a, n); found < least) {
        least = found;
        best = {cluster(0, a), cluster(a, n)};
      }
      continue;
    }
    for (std::size_t b = a + 1; b < n; ++b)
      if (const double found = scatter(0, a) + scatter(a, b) + scatter(b, n); found < least) {
        least = found;
        best = {cluster(0, a), cluster(a, b), cluster(b, n)};
      }
  }
  return best;
}

}  // namespace

Thresholds thresholds_of(std::vector<double> line_ns) {
  const auto between = [](double a, double b) { return std::sqrt(a * b); };
  Thresholds usual{between(kUsual[0], kUsual[1]), between(kUsual[1], kUsual[2])};
  std::erase_if(line_ns, [](double ns) { return !(ns > 0) || ns > kHeldUp; });
  if (line_ns.size() < kLeastProbes) return usual;
  std::sort(line_ns.begin(), line_ns.end());
  constexpr std::size_t most = 300;
  std::vector<double> logs;
  const std::size_t step = std::max<std::size_t>(1, line_ns.size() / most);
  for (std::size_t i = step / 2; i < line_ns.size(); i += step) logs.push_back(std::log(line_ns[i]));

  std::vector<double> found;
  for (int count = 3; count >= 1 && found.empty(); --count) {
    const auto clusters = cut(logs, count);
    bool good = true;
    for (std::size_t i = 0; i < clusters.size(); ++i) {
      good = good && static_cast<double>(clusters[i].size) >= kLeastShare * static_cast<double>(logs.size());
      good = good && (i == 0 || clusters[i].middle >= kApart * clusters[i - 1].middle);
    }
    for (const Cluster& one : clusters)
      if (good) found.push_back(one.middle);
  }
  if (found.size() == 3) return {between(found[0], found[1]), between(found[1], found[2])};
  const auto nearest = [](double ns) {
    return std::min_element(kUsual.begin(), kUsual.end(),
                            [&](double a, double b) { return distance(a, ns) < distance(b, ns); }) -
           kUsual.begin();
  };
  if (found.size() == 1) {
    // One class: what is usual divides the rest, as long as that does not cut through the cluster.
    const auto at = static_cast<std::size_t>(nearest(found[0]));
    if (at > 0) usual.smt = std::min(usual.smt, found[0] / kApart);
    if (at == 0) usual.smt = std::max(usual.smt, found[0] * kApart);
    if (at > 1) usual.same_l3 = std::min(usual.same_l3, found[0] / kApart);
    if (at < 2) usual.same_l3 = std::max(usual.same_l3, found[0] * kApart);
    return usual;
  }
  auto low = nearest(found[0]);
  auto high = nearest(found[1]);
  // Two clusters are two classes: where both are nearest to the same usual one, the farther of them moves.
  if (low == high) {
    const bool up = low == 0 || (low == 1 && distance(found[1], kUsual[2]) < distance(found[0], kUsual[0]));
    (up ? high : low) += up ? 1 : -1;
  }
  const double middle = between(found[0], found[1]);
  if (low == 0 && high == 1) return {middle, std::max(usual.same_l3, found[1] * kApart)};
  if (low == 1) return {std::min(usual.smt, found[0] / kApart), middle};
  return {std::max(usual.smt, found[0] * 1.25), std::max(middle, found[0] * 1.3)};
}

results::Json classify(std::vector<results::Json>& rows, bool trusted) {
  std::vector<double> line_ns;
  for (const results::Json& row : rows)
    if (row.contains("line_ns")) line_ns.push_back(row["line_ns"]);
  const Thresholds thresholds = thresholds_of(line_ns);
  std::map<std::string, int> counts;
  for (results::Json& row : rows) {
    results::Json& found = row["class"];
    if (!trusted && found != "same_cpu") {
      found = nullptr;
      if (row.contains("line_ns")) {
        const double ns = row["line_ns"];
        found = ns < thresholds.smt ? "smt" : ns < thresholds.same_l3 ? "same_l3" : "far";
      }
    }
    if (found.is_string()) ++counts[found.get<std::string>()];
  }
  results::Json told{{"source", trusted ? "topology" : "probes"},
                     {"thresholds", nullptr},
                     {"counts", results::Json::object()}};
  if (!trusted) told["thresholds"] = {{"smt", thresholds.smt}, {"same_l3", thresholds.same_l3}};
  for (const char* one : {"same_cpu", "smt", "same_l3", "far"})
    if (counts.contains(one)) told["counts"][one] = counts[one];
  return told;
}

}  // namespace shmoo::bench
