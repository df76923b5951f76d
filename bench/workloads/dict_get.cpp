// dict/get: its cells. What is measured and proven: dict_get.hpp.
#include "workloads/dict_get.hpp"

#include "share/catalog/dicts.hpp"

namespace shmoo::bench {
namespace {

const Registration registration{{
    .contract = "dict",
    .name = "get",
    .purpose = "what does it cost to look a key up when nobody changes the dict?",
    .operation = "one process gets one key of the dict that all share",
    .bytes_per_operation = [](const Cell& cell) { return cell.bytes; },
    .bound = [](const Candidate& c, int width) { return bound::copy(c.cell, c.about, width, c.cell.bytes); },
    .candidates =
        [] {
          return span_cells<catalog::Dicts, dicts::Get>("dict", "get", dicts::sizes(), process_counts(1));
        },
    .rests = true,
}};

}  // namespace
}  // namespace shmoo::bench
