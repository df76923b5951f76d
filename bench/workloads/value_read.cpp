// value/read: its cells. What is measured and proven: value_read.hpp.
#include "workloads/value_read.hpp"

#include "share/catalog/values.hpp"

namespace shmoo::bench {
namespace {

const Registration registration{{
    .contract = "value",
    .name = "read",
    .purpose = "what does it cost when all processes read one value that nobody changes?",
    .operation = "one process reads the value that all share",
    .bytes_per_operation = [](const Cell& cell) { return cell.bytes; },
    .bound = [](const Candidate& c,
                int width) { return bound::copy_or_lock(c.cell, c.about, width, c.cell.bytes); },
    .candidates =
        [] {
          return span_cells<catalog::Values, values::Read>("value", "read", {{sizeof(values::Number)}},
                                                           process_counts(1));
        },
    .rests = true,
}};

}  // namespace
}  // namespace shmoo::bench
