// What the suite itself adds to what it measures: the harness against loops written by hand, in turn, on the
// same CPUs.
//
//   empty       a workload whose operation is empty: the loop, the gate and the clock, ns per operation
//   increment   value/increment/atomic, one process, over a plain fetch_add loop in a forked process
//   round_trip  queue/round_trip/pipe, 64 bytes, over two processes with a blocking read/write loop on two
//   pipes
//   timed       the same with every n-th operation timed for the percentiles, over none timed:
//   value/increment and
//               array/element (a few ns each), and queue/round_trip through a ring
//
//   floors      queue/stream/spsc_ring with probes and the timing of single operations, over the same with
//   neither
//
// Usage: shmoo_figures [ROUNDS]. Prints, per figure, the median over rounds of the ratio within a round, and
// its range.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <vector>

#include "harness/launch.hpp"
#include "harness/selection.hpp"
#include "posix/affinity.hpp"
#include "posix/child.hpp"
#include "posix/mapping.hpp"
#include "sync/patience.hpp"

namespace shmoo::bench {
namespace {

constexpr posix::Nanoseconds kLimit = std::chrono::seconds(60);

class Empty final : public Job {
 public:
  void work(Member&, const Phase& phase) override {
    for (std::uint64_t left = phase.share; left > 0; --left) asm volatile("" ::: "memory");
  }
  std::optional<std::string> verify(std::span<const MemberReport>) override { return std::nullopt; }
};

/// ns per operation with single operations timed or not.
double timed(const Candidate& candidate, std::uint64_t operations, bool latencies) {
  TeamPlan plan;
  plan.procs = candidate.cell.procs;
  plan.operations = operations;
  plan.warm_up = operations / 10;
  plan.cpus = posix::allowed_cpus();
  plan.limit = kLimit;
  plan.latencies = latencies;
  sync::patience().spins =
      static_cast<std::size_t>(plan.procs) > plan.cpus.size() ? 0 : sync::spins_for(50'000);
  const std::unique_ptr<Job> job = candidate.make();
  Team team(*job, plan);
  team.gather();
  const Outcome outcome = team.run();
  if (const auto wrong = job->verify(outcome.members)) throw std::runtime_error(*wrong);
  return static_cast<double>(outcome.span_ns) / static_cast<double>(operations);
}

double measured(const Candidate& candidate, std::uint64_t operations) {
  return Launch(candidate, operations, kLimit).run().ns_per_operation();
}

Selected select_one(const std::string& name) {
  const auto found = select(Profile::full, "^" + name + "$");
  if (found.size() != 1) throw std::runtime_error("no cell " + name);
  return found.front();
}

Candidate find(const std::string& name) {
  return select_one(name).candidate;
}

/// ns per operation as `shmoo run` measures it, with everything that stands beside the work or without.
double with_floors(const Selected& cell, std::uint64_t operations, bool on) {
  LaunchOptions options;
  options.limit = kLimit;
  options.floors = on;
  options.latencies = on;
  return Launch(*cell.workload, cell.candidate, operations, options).run().ns_per_operation();
}

/// ns per operation of `work`, timed by the forked and pinned process itself.
double by_hand(std::uint64_t operations, const std::function<void(std::uint64_t)>& work) {
  const posix::Shared<std::int64_t> took(0, 0);
  posix::Child child([&] {
    posix::pin_to(posix::allowed_cpus().front());
    posix::prefault_shared_mappings();
    work(operations / 10);
    const std::int64_t start = posix::monotonic_ns();
    work(operations);
    *took = posix::monotonic_ns() - start;
  });
  child.join();
  return static_cast<double>(*took) / static_cast<double>(operations);
}

double fetch_add_by_hand(std::uint64_t operations) {
  struct alignas(posix::kPad) Line {
    std::atomic<std::int64_t> value{0};
  };
  const posix::Shared<Line> line(0);
  return by_hand(operations, [&](std::uint64_t count) {
    for (; count > 0; --count) line->value.fetch_add(1, std::memory_order_acq_rel);
  });
}

double pipe_by_hand(std::uint64_t operations) {
  std::array<int, 2> there;
  std::array<int, 2> back;
  if (::pipe(there.data()) < 0 || ::pipe(back.data()) < 0) throw std::runtime_error("no pipes");
  constexpr std::size_t kBytes = 64;
  const auto cpus = posix::allowed_cpus();
  posix::Child echo([&] {
    posix::pin_to(cpus[1 % cpus.size()]);
    std::array<char, kBytes> item;
    while (::read(there[0], item.data(), kBytes) == kBytes)
      if (::write(back[1], item.data(), kBytes) != kBytes) break;
  });
  const double ns = by_hand(operations, [&](std::uint64_t count) {
    std::array<char, kBytes> item{};
    for (; count > 0; --count)
      if (::write(there[1], item.data(), kBytes) != kBytes || ::read(back[0], item.data(), kBytes) != kBytes)
        throw std::runtime_error("a pipe broke");
  });
  echo.kill();
  for (const int fd : {there[0], there[1], back[0], back[1]}) ::close(fd);
  return ns;
}

void print(const char* what, const char* unit, std::vector<double> figures) {
  std::sort(figures.begin(), figures.end());
  fmt::print("{:<12} median {:.3f} {}  ({:.3f} to {:.3f}, {} rounds)\n", what, figures[figures.size() / 2],
             unit, figures.front(), figures.back(), figures.size());
}

void run(int rounds) {
  Candidate empty;
  empty.cell = {"value", "empty", "none", 0, 1, {}};
  empty.make = [] { return std::make_unique<Empty>(); };
  const Candidate increment = find("value/increment/atomic/bytes:8/procs:1");
  const Candidate round_trip = find("queue/round_trip/pipe/bytes:64/procs:2");
  constexpr std::uint64_t kAdds = 10'000'000;
  constexpr std::uint64_t kTrips = 10'000;
  std::vector<double> empties;
  std::vector<double> increments;
  std::vector<double> trips;
  struct Timed {
    const char* name;
    std::uint64_t operations;
    std::vector<double> ratios;
  };
  Timed all_timed[] = {{"value/increment/atomic/bytes:8/procs:1", kAdds, {}},
                       {"value/increment/atomic/bytes:8/procs:2", kAdds, {}},
                       {"array/element/raw/bytes:24/procs:1", kAdds, {}},
                       {"queue/round_trip/spsc_ring/bytes:64/procs:2", 100'000, {}}};
  constexpr std::uint64_t kItems = 400'000;
  constexpr int kPairs = 5;
  const Selected stream = select_one("queue/stream/spsc_ring/bytes:64/procs:2");
  std::vector<double> floors;
  for (int round = 0; round < rounds; ++round) {
    empties.push_back(measured(empty, kAdds));
    // ABBA: the same place in the order must not always fall to the same side.
    const bool ours_first = round % 2 == 0;
    const auto ratio = [&](const Candidate& ours, double (*theirs)(std::uint64_t), std::uint64_t operations) {
      const double a = ours_first ? measured(ours, operations) : theirs(operations);
      const double b = ours_first ? theirs(operations) : measured(ours, operations);
      return ours_first ? a / b : b / a;
    };
    increments.push_back(ratio(increment, fetch_add_by_hand, kAdds));
    trips.push_back(ratio(round_trip, pipe_by_hand, kTrips));
    // Several pairs: where the CPUs sit changes from launch to launch, and with it far more than what is
    // asked.
    for (int pair = 0; pair < kPairs; ++pair) {
      const bool on_first = (pair % 2 == 0) == ours_first;
      const double first = with_floors(stream, kItems, on_first);
      const double second = with_floors(stream, kItems, !on_first);
      floors.push_back(on_first ? first / second : second / first);
    }
    for (Timed& one : all_timed) {
      const Candidate candidate = find(one.name);
      const double first = timed(candidate, one.operations, ours_first);
      const double second = timed(candidate, one.operations, !ours_first);
      one.ratios.push_back(ours_first ? first / second : second / first);
    }
  }
  print("empty", "ns per operation", empties);
  print("increment", "x by hand", increments);
  print("round_trip", "x by hand", trips);
  print("floors", "x without", floors);
  for (Timed& one : all_timed) print(one.name, "x untimed", one.ratios);
}

}  // namespace
}  // namespace shmoo::bench

int main(int argc, char** argv) {
  try {
    shmoo::bench::run(argc > 1 ? std::max(1, std::atoi(argv[1])) : 21);
  } catch (const std::exception& error) {
    fmt::print(stderr, "shmoo_figures: {}\n", error.what());
    return 1;
  }
  return 0;
}
