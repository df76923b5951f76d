// queue/round_trip: its cells. What is measured and proven: queue_round_trip.hpp.
#include "workloads/queue_round_trip.hpp"

namespace shmoo::bench {
namespace {

const Registration registration{{
    .contract = "queue",
    .name = "round_trip",
    .purpose = "how long does it take to ask another process and have its answer?",
    .operation = "one item there and one item back, through two queues",
    .bytes_per_operation = [](const Cell& cell) { return 2 * cell.bytes; },
    .bound = [](const Candidate& c, int width) { return bound::round_trip(c.cell, c.about, width); },
    .candidates =
        [] {
          return span_cells<catalog::Queues, traffic::RoundTrip>("queue", "round_trip", traffic::sizes(),
                                                                 {{2}});
        },
    .rests = true,
}};

}  // namespace
}  // namespace shmoo::bench
