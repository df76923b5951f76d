// dict/mixed: its cells. What is measured and proven: dict_mixed.hpp.
#include "workloads/dict_mixed.hpp"

#include "share/catalog/dicts.hpp"

namespace shmoo::bench {
namespace {

const Registration registration{{
    .contract = "dict",
    .name = "mixed",
    .purpose = "what does a dict cost that is mostly read and now and then written?",
    .operation = "one process gets (9 of 10) or sets one key of the dict that all share",
    .bytes_per_operation = [](const Cell& cell) { return cell.bytes; },
    .bound = [](const Candidate& c, int width) { return bound::copy(c.cell, c.about, width, c.cell.bytes); },
    .candidates =
        [] {
          return span_cells<catalog::Dicts, dicts::Mixed>("dict", "mixed", dicts::sizes(), process_counts(1));
        },
    .rests = true,
}};

}  // namespace
}  // namespace shmoo::bench
