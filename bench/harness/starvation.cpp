#include "harness/starvation.hpp"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace shmoo::bench {
namespace {

constexpr double kLeastShare = 0.05;
constexpr double kLeastOperations = 1000;
constexpr std::int64_t kLeastNs = 5'000'000;

double rate(const MemberReport& member, std::int64_t ns) {
  return static_cast<double>(member.operations) / static_cast<double>(std::max<std::int64_t>(1, ns));
}

std::int64_t wall_ns(const MemberReport& member) {
  return member.finish_ns - member.start_ns;
}

/// The member's time in which everybody was there who had not done yet.
std::int64_t undisturbed_ns(std::span<const MemberReport> team, const MemberReport& member) {
  std::int64_t ns = member.present_ns;
  for (const MemberReport& other : team)
    if (&other != &member)
      ns -= std::max<std::int64_t>(0, wall_ns(other) - other.present_ns) +
            std::max<std::int64_t>(0, other.start_ns - member.start_ns);
  return ns;
}

/// The median rate of the others on the member's side, operations per ns; 0 when nobody gives one.
double fair_rate(std::span<const MemberReport> team, const MemberReport& member) {
  std::vector<double> rates;
  for (const MemberReport& other : team)
    if (&other != &member && other.side == member.side &&
        static_cast<double>(other.operations) >= kLeastOperations)
      rates.push_back(rate(other, other.present_ns));
  if (rates.empty()) return 0;
  const auto middle = rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2);
  std::nth_element(rates.begin(), middle, rates.end());
  return *middle;
}

}  // namespace

double least_share(std::span<const MemberReport> team) {
  double least = 1;
  for (const MemberReport& member : team) {
    if (member.side == MemberReport::kNoSide) continue;
    double sum = 0;
    int count = 0;
    for (const MemberReport& other : team) {
      if (other.side != member.side) continue;
      sum += rate(other, wall_ns(other));
      ++count;
    }
    if (sum > 0) least = std::min(least, rate(member, wall_ns(member)) * count / sum);
  }
  return least;
}

std::optional<std::string> starved(std::span<const MemberReport> team) {
  for (const MemberReport& member : team)
    if (member.present_ns == 0) return std::nullopt;
  for (const MemberReport& member : team) {
    if (member.side == MemberReport::kNoSide) continue;
    const std::int64_t ns = undisturbed_ns(team, member);
    if (ns < kLeastNs) continue;
    const double fair = fair_rate(team, member) * static_cast<double>(ns);
    const double share = static_cast<double>(member.operations) / fair;
    if (fair < kLeastOperations || share >= kLeastShare) continue;
    char text[80];
    std::snprintf(text, sizeof text, "member %td had %.2g %% of its fair share", &member - team.data(),
                  100 * share);
    return text;
  }
  return std::nullopt;
}

}  // namespace shmoo::bench
