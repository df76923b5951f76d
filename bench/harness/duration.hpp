// Durations as people type them.
#pragma once
#include <optional>
#include <string_view>

#include "posix/clock.hpp"

namespace shmoo::bench {

/// Reads "90s", "10m", "1h30m", "500ms", "1.5h": numbers with a unit each (h, m, s, ms), the larger unit
/// first, each at most once. Nothing for anything else: no unit, nothing at all, more than a hundred years.
std::optional<posix::Nanoseconds> parse_duration(std::string_view text);

}  // namespace shmoo::bench
