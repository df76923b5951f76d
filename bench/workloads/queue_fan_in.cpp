// queue/fan_in
//
// Purpose: how fast does one process collect what many produce?
// Rules:   one operation = one item delivered. All processes but one put as fast as they can, each its equal
// part;
//          the last one gets them all. Each item is written anew and read in full (see queue_traffic.hpp);
//          the items of each producer must come exactly once, whole and in its order. The time ends when the
//          last item was read. From four processes on: with one producer it is `stream`.
#include "workloads/queue_traffic.hpp"

namespace shmoo::bench {
namespace {

traffic::Sides all_to_one(int procs) {
  return {procs - 1, 1};
}

template <class M>
using FanIn = traffic::TrafficCells<M, all_to_one>;

const Registration registration{{
    .contract = "queue",
    .name = "fan_in",
    .purpose = "how fast does one process collect what many produce?",
    .operation = "one item delivered, from procs - 1 producers to one consumer",
    .bytes_per_operation = [](const Cell& cell) { return cell.bytes; },
    .bound = [](const Candidate& c, int width) { return bound::stream(c.cell, c.about, width, 1); },
    .candidates = [] { return traffic::crowd_cells<FanIn>("fan_in"); },
}};

}  // namespace
}  // namespace shmoo::bench
