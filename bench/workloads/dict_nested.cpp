// dict/nested: its cells. What is measured and proven: dict_nested.hpp.
#include "workloads/dict_nested.hpp"

#include "share/catalog/dicts.hpp"

namespace shmoo::bench {
namespace {

const Registration registration{{
    .contract = "dict",
    .name = "nested",
    .purpose = "what does it cost to reach a value in a shared dict that lies in another one?",
    .operation = "one process gets one key out of a dict in a dict, as many of them down as depth says",
    .bytes_per_operation = [](const Cell& cell) { return cell.bytes; },
    // One fetch per dict on the way, then the value.
    .bound =
        [](const Candidate& c, int width) {
          return bound::call(c.cell, c.about, width, 0, 1 + std::stod(c.cell.axis("depth")));
        },
    .candidates =
        [] {
          std::vector<Candidate> all;
          for (const auto& [depth, from] : Points{{1}, {2, Profile::standard}, {3, Profile::full}, {4}})
            for (Candidate& one : span_cells<catalog::Dicts, dicts::Nested>(
                     "dict", "nested", {{64, from}}, process_counts(1), {{"depth", std::to_string(depth)}}))
              all.push_back(std::move(one));
          return all;
        },
    .rests = true,
}};

}  // namespace
}  // namespace shmoo::bench
