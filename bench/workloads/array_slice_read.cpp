// array/slice_read: its cells. What is measured and proven: array_slice_read.hpp.
#include "workloads/array_slice_read.hpp"

#include "share/catalog/arrays.hpp"

namespace shmoo::bench {
namespace {

const Registration registration{{
    .contract = "array",
    .name = "slice_read",
    .purpose = "what does it cost to get a consistent copy of a whole shared array?",
    .operation = "one process copies the whole array out and looks at every byte",
    .bytes_per_operation = [](const Cell& cell) { return cell.bytes; },
    .bound = [](const Candidate& c, int width) { return bound::copy(c.cell, c.about, width, c.cell.bytes); },
    .candidates = [] { return arrays::grid<catalog::Arrays, arrays::SliceRead>("slice_read"); },
    .rests = true,
}};

}  // namespace
}  // namespace shmoo::bench
