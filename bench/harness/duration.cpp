#include "harness/duration.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <utility>

namespace shmoo::bench {

std::optional<posix::Nanoseconds> parse_duration(std::string_view text) {
  // "ms" stands behind "m" in size but is looked at by whole words, so the order is that of size alone.
  constexpr std::array<std::pair<std::string_view, double>, 4> units{
      {{"h", 3600e9}, {"m", 60e9}, {"s", 1e9}, {"ms", 1e6}}};
  constexpr double kMost = 100 * 365 * 24 * 3600e9;
  if (text.empty()) return std::nullopt;
  double total = 0;
  std::size_t next = 0;  // the largest unit that may still come
  while (!text.empty()) {
    // from_chars alone would take a sign and "inf".
    const std::size_t digits = text.find_first_not_of("0123456789.");
    if (digits == 0 || digits == std::string_view::npos) return std::nullopt;
    double number = 0;
    const auto read = std::from_chars(text.data(), text.data() + digits, number, std::chars_format::fixed);
    if (read.ec != std::errc() || read.ptr != text.data() + digits) return std::nullopt;
    text.remove_prefix(digits);
    const std::string_view unit = text.substr(0, text.find_first_of("0123456789."));
    while (next < units.size() && units[next].first != unit) ++next;
    if (next == units.size()) return std::nullopt;
    total += number * units[next++].second;
    text.remove_prefix(unit.size());
    if (total > kMost) return std::nullopt;
  }
  return posix::Nanoseconds(static_cast<std::int64_t>(total + 0.5));
}

}  // namespace shmoo::bench
