// array/slice_write: its cells. What is measured and proven: array_slice_write.hpp.
#include "workloads/array_slice_write.hpp"

#include "share/catalog/arrays.hpp"

namespace shmoo::bench {
namespace {

const Registration registration{{
    .contract = "array",
    .name = "slice_write",
    .purpose = "what does it cost to replace the whole contents of a shared array?",
    .operation = "one process copies a buffer of its own over the whole array",
    .bytes_per_operation = [](const Cell& cell) { return cell.bytes; },
    .bound = [](const Candidate& c, int width) { return bound::copy(c.cell, c.about, width, c.cell.bytes); },
    .candidates = [] { return arrays::grid<catalog::Arrays, arrays::SliceWrite>("slice_write"); },
    .rests = true,
}};

}  // namespace
}  // namespace shmoo::bench
