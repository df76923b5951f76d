// dict/set: its cells. What is measured and proven: dict_set.hpp.
#include "workloads/dict_set.hpp"

#include "share/catalog/dicts.hpp"

namespace shmoo::bench {
namespace {

const Registration registration{{
    .contract = "dict",
    .name = "set",
    .purpose = "what does it cost to store a value when all processes store into one dict?",
    .operation = "one process sets one key of the dict that all share",
    .bytes_per_operation = [](const Cell& cell) { return cell.bytes; },
    .bound = [](const Candidate& c, int width) { return bound::copy(c.cell, c.about, width, c.cell.bytes); },
    .candidates =
        [] {
          return span_cells<catalog::Dicts, dicts::Set>("dict", "set", dicts::sizes(), process_counts(1));
        },
    .rests = true,
}};

}  // namespace
}  // namespace shmoo::bench
