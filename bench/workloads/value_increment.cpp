// value/increment: its cells. What is measured and proven: value_increment.hpp.
#include "workloads/value_increment.hpp"

#include "share/catalog/values.hpp"

namespace shmoo::bench {
namespace {

const Registration registration{{
    .contract = "value",
    .name = "increment",
    .purpose = "what does it cost when all processes change one value?",
    .operation = "one process adds 1 to the value that all share",
    .bytes_per_operation = [](const Cell& cell) { return cell.bytes; },
    .bound =
        [](const Candidate& c, int width) {
          if (c.about.apart) return bound::beside({Floor::fetch_add, 8}, c.cell, width);
          if (c.about.isolated || c.about.loses_updates || c.about.locked || c.about.served)
            return bound::copy_or_lock(c.cell, c.about, width, c.cell.bytes);
          return Bound{Floor::fetch_add, c.cell.bytes};
        },
    .candidates =
        [] {
          return span_cells<catalog::Values, values::Increment>(
              "value", "increment", {{sizeof(values::Number)}}, process_counts(1));
        },
    .rests = true,
}};

}  // namespace
}  // namespace shmoo::bench
