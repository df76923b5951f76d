// dict/update: its cells. What is measured and proven: dict_update.hpp.
#include "workloads/dict_update.hpp"

#include "share/catalog/dicts.hpp"

namespace shmoo::bench {
namespace {

const Registration registration{{
    .contract = "dict",
    .name = "update",
    .purpose = "what does one trip for many keys save?",
    .operation = "one process sets 100 keys of the dict that all share in one step",
    .bytes_per_operation = [](const Cell& cell) { return cell.bytes * dicts::kBatch; },
    .bound = [](const Candidate& c,
                int width) { return bound::copy(c.cell, c.about, width, c.cell.bytes, dicts::kBatch); },
    .candidates =
        [] {
          return span_cells<catalog::Dicts, dicts::Update>("dict", "update", dicts::sizes(),
                                                           process_counts(1));
        },
    .rests = true,
}};

}  // namespace
}  // namespace shmoo::bench
