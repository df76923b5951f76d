// array/fill: its cells. What is measured and proven: array_fill.hpp.
#include "workloads/array_fill.hpp"

#include "share/catalog/arrays.hpp"

namespace shmoo::bench {
namespace {

const Registration registration{{
    .contract = "array",
    .name = "fill",
    .purpose = "what does an element cost when processes compute an array together and one reads it?",
    .operation = "one process computes one square and sets it in its part",
    .bytes_per_operation = [](const Cell&) { return sizeof(arrays::Element); },
    .bound = [](const Candidate& c,
                int width) { return bound::copy(c.cell, c.about, width, sizeof(arrays::Element)); },
    .candidates = [] { return arrays::grid<catalog::Arrays, arrays::Fill>("fill"); },
}};

}  // namespace
}  // namespace shmoo::bench
