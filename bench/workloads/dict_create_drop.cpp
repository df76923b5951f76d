// dict/create_drop: its cells. What is measured and proven: dict_create_drop.hpp.
#include "workloads/dict_create_drop.hpp"

#include "share/catalog/dicts.hpp"

namespace shmoo::bench {
namespace {

const Registration registration{{
    .contract = "dict",
    .name = "create_drop",
    .purpose = "what does it cost to have a new shared object and to drop it again?",
    .operation = "one process makes an empty dict that processes can share, and drops it",
    .bytes_per_operation = {},
    .bound = [](const Candidate& c, int width) { return bound::copy(c.cell, c.about, width, 0); },
    .candidates =
        [] {
          return span_cells<catalog::Dicts, dicts::CreateDrop>("dict", "create_drop", {{0}},
                                                               process_counts(1));
        },
    .rests = true,
}};

}  // namespace
}  // namespace shmoo::bench
