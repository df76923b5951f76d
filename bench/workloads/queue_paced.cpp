// queue/paced
//
// Purpose: how long is an item on its way when items come at a steady rate that leaves the queue some rest?
// Rules:   an open loop. Item k is due at a fixed time, k intervals after the first, whatever became of the
//          items before it; one operation = one item, from the time at which it was *due* to be sent until
//          its receiver has read it in full. So an item that had to wait for its sender, because the queue
//          was full or a process was held up, counts with all of its waiting (no coordinated omission).
//          real_time is the mean of these latencies; operations per second are the rate of the launch.
//          The interval follows from the capacity of the same queue with the same two processes, moments
//          before, in the warm-up: items flow as fast as they can, with the same looks at the clock as later,
//          for 2 ms to warm up and for 4 ms that count; then, three times from an empty queue, they follow a
//          schedule as dense as that for 4 ms. The slowest of the four is the capacity: many queues are
//          quicker while they are full, and some fall from one pace into the other by chance. (Of each the
//          second slowest quarter, so one held-up moment does not decide.) load:50 means one item per two of
//          those intervals.
//          The sender waits by looking at the clock, where it has a CPU of its own, and yields while more
//          than 1 us is left (always, where a thread or server works for the queue: that one may need this
//          CPU); else it sleeps until shortly before. Its waiting is part of the price.
// Proof:   every item exactly once, whole and in order (queue_traffic.hpp). A launch has missed its rate, and
//          has failed, when the sender ends more than 2 % late and was not on time once in the last quarter.
#include <algorithm>

#include "workloads/queue_pacing.hpp"

namespace shmoo::bench {
namespace {

std::vector<Candidate> candidates() {
  const Points sizes{{64}, {4096, Profile::full}, {32768, Profile::full}};
  std::vector<Candidate> all;
  for (const char* load : {"10", "50", "90"}) {
    auto some = span_cells<catalog::Queues, traffic::Paced>("queue", "paced", sizes, {{2}}, {{"load", load}});
    for (Candidate& candidate : some) {
      // A server wants a CPU beside sender and receiver: on two CPUs half of its capacity is often missed,
      // and a quick run is to end well.
      const char* const quick = candidate.about.served ? "10" : "50";
      if (candidate.cell.axis("load") != quick) candidate.from = std::max(candidate.from, Profile::standard);
      all.push_back(std::move(candidate));
    }
  }
  return all;
}

const Registration registration{{
    .contract = "queue",
    .name = "paced",
    .purpose = "how long is an item on its way when items come at a steady rate?",
    .operation = "one item, from when it was due to be sent until it is read",
    .bytes_per_operation = [](const Cell& cell) { return cell.bytes; },
    .bound =
        [](const Candidate& c, int width) {
          Bound one_way = bound::round_trip(c.cell, c.about, width);
          one_way.times /= 2;
          return one_way;
        },
    .candidates = candidates,
    .open_loop = true,
    .stretch = 5,
}};

}  // namespace
}  // namespace shmoo::bench
