// Axes that a run sets for all its cells: where the team sits, how it waits, how long it rests before each
// operation.
#pragma once
#include <string>
#include <vector>

#include "harness/selection.hpp"
#include "results/document.hpp"

namespace shmoo::bench {

/// The values of each axis; a cell is made for every combination. The usual value names no axis in the cell's
/// name.
struct Axes {
  std::vector<std::string> place{"auto"};
  std::vector<std::string> wait{"adaptive"};
  std::vector<std::string> idle{"0"};  ///< durations: the rest before each operation

  results::Json to_json() const;
  static Axes from_json(const results::Json& json);
};

/// The rest before each operation of this cell, by its axis "idle"; 0 for a hot one.
posix::Nanoseconds rest_of(const Cell& cell);

/// Throws std::invalid_argument naming the first value that an axis does not have.
void check(const Axes& axes);

/// Each cell in each of these variants; what is impossible is refused with the reason.
std::vector<Selected> expand(const std::vector<Selected>& cells, const Axes& axes);

}  // namespace shmoo::bench
