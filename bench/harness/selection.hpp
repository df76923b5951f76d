// Which cells a command is about.
#pragma once
#include <string>
#include <vector>

#include "harness/workload.hpp"

namespace shmoo::bench {

struct Selected {
  const Workload* workload;
  Candidate candidate;
};

/// All cells of the grid up to `profile` whose names match `filter` (ECMAScript regular expression, anywhere
/// in the name; empty = all), in display order, refused ones included. Throws std::invalid_argument when the
/// expression is malformed.
std::vector<Selected> select(Profile profile, const std::string& filter);

/// "quick", "standard", "full".
std::string_view text(Profile profile);

}  // namespace shmoo::bench
