// queue/stream
//
// Purpose: how fast do items flow from one process to another?
// Rules:   one operation = one item delivered. One process puts as fast as it can, the other gets; each item
// is
//          written anew by the one and read in full by the other (see queue_traffic.hpp), and each must come
//          exactly once, whole and in order. The time ends when the last item was read.
#include "workloads/queue_traffic.hpp"

namespace shmoo::bench {
namespace {

traffic::Sides one_to_one(int) {
  return {1, 1};
}

template <class M>
using Stream = traffic::TrafficCells<M, one_to_one>;

const Registration registration{{
    .contract = "queue",
    .name = "stream",
    .purpose = "how fast do items flow from one process to another?",
    .operation = "one item delivered, from one producer to one consumer",
    .bytes_per_operation = [](const Cell& cell) { return cell.bytes; },
    .bound = [](const Candidate& c, int width) { return bound::stream(c.cell, c.about, width, 1); },
    .candidates =
        [] { return span_cells<catalog::Queues, Stream>("queue", "stream", traffic::sizes(), {{2}}); },
}};

}  // namespace
}  // namespace shmoo::bench
