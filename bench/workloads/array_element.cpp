// array/element: its cells. What is measured and proven: array_element.hpp.
#include "workloads/array_element.hpp"

#include "share/catalog/arrays.hpp"

namespace shmoo::bench {
namespace {

const Registration registration{{
    .contract = "array",
    .name = "element",
    .purpose = "what does it cost to get or set single elements of a shared array?",
    .operation = "one process gets or sets one element at random",
    .bytes_per_operation = [](const Cell&) { return sizeof(arrays::Element); },
    .bound = [](const Candidate& c,
                int width) { return bound::copy_or_lock(c.cell, c.about, width, sizeof(arrays::Element)); },
    .candidates = [] { return arrays::grid<catalog::Arrays, arrays::ElementAccess>("element"); },
    .rests = true,
}};

}  // namespace
}  // namespace shmoo::bench
