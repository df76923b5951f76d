// globals/first_write: its cells. What is measured and proven: globals_first_write.hpp.
#include "workloads/globals_first_write.hpp"

#include <iterator>

#include "share/catalog/globals.hpp"

namespace shmoo::bench {
namespace {

std::vector<Candidate> candidates() {
  std::vector<Candidate> all;
  for (const bool thp : {false, true})
    for (const bool by_parent : {false, true}) {
      std::vector<Axis> variant;
      if (thp) variant.push_back({"pages", "thp"});
      if (by_parent) variant.push_back({"writer", "parent"});
      const Points page{{thp ? posix::kHugePage : globals::kSmallPage}};
      auto some = span_cells<catalog::Globals, globals::FirstWrite>("globals", "first_write", page,
                                                                    process_counts(1), variant);
      std::move(some.begin(), some.end(), std::back_inserter(all));
    }
  return all;
}

const Registration registration{{
    .contract = "globals",
    .name = "first_write",
    .purpose = "what does a snapshot cost when a page that parent and child share is written first?",
    .operation = "one page becomes the writer's own by a first write to each 4 KiB of it",
    .bytes_per_operation = [](const Cell& cell) { return cell.bytes; },
    .bound = [](const Candidate& c, int width) { return bound::beside({Floor::page_fault}, c.cell, width); },
    .candidates = candidates,
}};

}  // namespace
}  // namespace shmoo::bench
