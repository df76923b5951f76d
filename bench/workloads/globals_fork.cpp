// globals/fork: its cells. What is measured and proven: globals_fork.hpp.
#include "workloads/globals_fork.hpp"

#include "share/catalog/globals.hpp"

namespace shmoo::bench {
namespace {

std::vector<Candidate> candidates() {
  constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
  const Points sizes{{0},
                     {kMiB},
                     {16 * kMiB, Profile::standard},
                     {64 * kMiB},
                     {256 * kMiB, Profile::standard},
                     {1024 * kMiB, Profile::full}};
  std::vector<Candidate> all;
  for (const bool thp : {false, true}) {
    auto some = span_cells<catalog::Globals, globals::Fork>(
        "globals", "fork", sizes, process_counts(1),
        thp ? std::vector<Axis>{{"pages", "thp"}} : std::vector<Axis>{});
    for (Candidate& candidate : some) {
      // Making so much memory resident takes longer than the forks.
      const std::uint64_t bytes = candidate.cell.bytes * static_cast<std::uint64_t>(candidate.cell.procs);
      if (bytes > 64 * kMiB) candidate.from = std::max(candidate.from, Profile::standard);
      if (bytes > 512 * kMiB) candidate.from = std::max(candidate.from, Profile::full);
      all.push_back(std::move(candidate));
    }
  }
  return all;
}

const Registration registration{{
    .contract = "globals",
    .name = "fork",
    .purpose = "what does it cost to hand all memory to a child as a snapshot?",
    .operation = "one process forks a child, which looks, writes and exits, and waits for it",
    .bytes_per_operation = [](const Cell&) { return 0; },  // nothing is moved
    .bound = [](const Candidate& c, int width) { return bound::beside({Floor::fork}, c.cell, width); },
    .candidates = candidates,
}};

}  // namespace
}  // namespace shmoo::bench
