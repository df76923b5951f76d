// queue/mesh
//
// Purpose: what does one queue carry when many put and many get at the same time?
// Rules:   one operation = one item delivered. Half of the processes put as fast as they can, each its equal
// part; the
//          other half compete for the items. Each item is written anew and read in full (see
//          queue_traffic.hpp), each must come to exactly one consumer, whole, and each consumer sees every
//          producer's numbers grow. Consumers stop at an end mark each; the time ends when the last one
//          stopped. From four processes on: with two it is `stream`.
#include "workloads/queue_traffic.hpp"

namespace shmoo::bench {
namespace {

traffic::Sides half_to_half(int procs) {
  return {procs / 2, procs - procs / 2};
}

template <class M>
using Mesh = traffic::TrafficCells<M, half_to_half>;

const Registration registration{{
    .contract = "queue",
    .name = "mesh",
    .purpose = "what does one queue carry when many put and many get at the same time?",
    .operation = "one item delivered, from procs / 2 producers to one of as many consumers",
    .bytes_per_operation = [](const Cell& cell) { return cell.bytes; },
    .bound = [](const Candidate& c,
                int width) { return bound::stream(c.cell, c.about, width, c.cell.procs / 2); },
    .candidates = [] { return traffic::crowd_cells<Mesh>("mesh"); },
}};

}  // namespace
}  // namespace shmoo::bench
