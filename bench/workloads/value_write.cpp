// value/write: its cells. What is measured and proven: value_write.hpp.
#include "workloads/value_write.hpp"

#include "share/catalog/values.hpp"

namespace shmoo::bench {
namespace {

const Registration registration{{
    .contract = "value",
    .name = "write",
    .purpose = "what does it cost when all processes set one value at the same time?",
    .operation = "one process sets the value that all share",
    .bytes_per_operation = [](const Cell& cell) { return cell.bytes; },
    .bound = [](const Candidate& c,
                int width) { return bound::copy_or_lock(c.cell, c.about, width, c.cell.bytes); },
    .candidates =
        [] {
          return span_cells<catalog::Values, values::Write>("value", "write", {{sizeof(values::Number)}},
                                                            process_counts(1));
        },
    .rests = true,
}};

}  // namespace
}  // namespace shmoo::bench
