// queue/fan_out
//
// Purpose: how fast does one process hand out work to many?
// Rules:   one operation = one item delivered. One process puts as fast as it can; all others compete for the
// items.
//          Each item is written anew and read in full (see queue_traffic.hpp), each must come to exactly one
//          consumer, whole, and each consumer sees the numbers grow. Consumers stop at an end mark each; the
//          time ends when the last one stopped. How evenly they were served is the row's least_share. From
//          four processes on: with one consumer it is `stream`.
#include "workloads/queue_traffic.hpp"

namespace shmoo::bench {
namespace {

traffic::Sides one_to_all(int procs) {
  return {1, procs - 1};
}

template <class M>
using FanOut = traffic::TrafficCells<M, one_to_all>;

const Registration registration{{
    .contract = "queue",
    .name = "fan_out",
    .purpose = "how fast does one process hand out work to many?",
    .operation = "one item delivered, from one producer to one of procs - 1 consumers",
    .bytes_per_operation = [](const Cell& cell) { return cell.bytes; },
    .bound = [](const Candidate& c, int width) { return bound::stream(c.cell, c.about, width, 1); },
    .candidates = [] { return traffic::crowd_cells<FanOut>("fan_out"); },
}};

}  // namespace
}  // namespace shmoo::bench
