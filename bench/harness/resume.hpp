// Going on with a run that was killed, crashed or was interrupted: what its journal says, and whether this
// run may.
//
// Lines of a journal, in order (results/README.md): {"context"}, {"plan"}, then {"round"} at the beginning of
// each round, {"sample"} and {"failure"} as they come, and {"resumed"} whenever a run went on with it.
#pragma once
#include <string>
#include <vector>

#include "results/document.hpp"

namespace shmoo::bench {

/// The run that left a journal, as far as it does not concern the rounds (Campaign::replay).
struct Unfinished {
  results::Json context;
  std::vector<std::string> cells;
  std::vector<results::Json> skipped;
  std::vector<std::string> resumed;  ///< dates
};

/// Throws std::invalid_argument when these are not the entries of a run's journal.
Unfinished unfinished_of(const std::vector<results::Json>& entries);

/// Why a run of context `now` may not go on with one of context `before`: another machine, another build,
/// other settings, in this order; "" = it may. A budget may be another, not whether there is one. `seed`:
/// whether it was asked for by number.
std::string why_another(const results::Json& before, const results::Json& now, bool seed);

}  // namespace shmoo::bench
