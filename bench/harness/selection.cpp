#include "harness/selection.hpp"

#include <optional>
#include <regex>
#include <stdexcept>

namespace shmoo::bench {

std::vector<Selected> select(Profile profile, const std::string& filter) {
  std::optional<std::regex> wanted;
  try {
    if (!filter.empty()) wanted.emplace(filter, std::regex::ECMAScript | std::regex::optimize);
  } catch (const std::regex_error& error) {
    throw std::invalid_argument("--filter '" + filter + "' is no regular expression: " + error.what());
  }
  std::vector<Selected> selected;
  for (const Workload& workload : workloads())
    for (Candidate& candidate : workload.candidates()) {
      if (candidate.from > profile) continue;
      if (wanted && !std::regex_search(candidate.cell.name(), *wanted)) continue;
      selected.push_back({&workload, std::move(candidate)});
    }
  return selected;
}

std::string_view text(Profile profile) {
  constexpr std::string_view names[] = {"quick", "standard", "full"};
  return names[static_cast<int>(profile)];
}

}  // namespace shmoo::bench
