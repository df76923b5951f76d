#include "harness/launch.hpp"

#include <algorithm>
#include <cmath>

#include "harness/axes.hpp"
#include "harness/seats.hpp"
#include "harness/starvation.hpp"
#include "posix/affinity.hpp"
#include "sync/patience.hpp"

namespace shmoo::bench {
namespace {

// Two readings that differ by more are of two different machines, so to speak.
constexpr double kSettled = 1.25;

TeamPlan plan_for(const Cell& cell, std::uint64_t at_least, posix::Nanoseconds limit) {
  const auto procs = static_cast<std::uint64_t>(cell.procs);
  TeamPlan plan;
  plan.procs = cell.procs;
  plan.operations = (std::max<std::uint64_t>(1, at_least) + procs - 1) / procs * procs;
  plan.warm_up = std::max(procs, plan.operations / 10);
  plan.limit = limit;
  return plan;
}

/// The one figure that two readings make; 0 = neither is known.
double mean_of(double before, double after) {
  if (std::isnan(before)) return std::isnan(after) ? 0 : after;
  return std::isnan(after) ? before : std::sqrt(before * after);
}

bool settled(double before, double after) {
  if (std::isnan(before) || std::isnan(after)) return true;
  return std::max(before, after) <= kSettled * std::min(before, after);
}

/// The CPUs that `procs` members really sit on.
std::vector<int> taken(std::vector<int> cpus, int procs) {
  if (cpus.size() > static_cast<std::size_t>(procs)) cpus.resize(static_cast<std::size_t>(procs));
  return cpus;
}

/// Where servers sit: on the next CPUs after the members', where there are some, so that a call always goes
/// from CPU to CPU; else among the members. Empty = wherever the scheduler likes.
std::vector<int> server_seats(const std::vector<int>& cpus, int procs) {
  constexpr std::ptrdiff_t kMost = 8;  // twice the manager's threads
  const auto members = static_cast<std::ptrdiff_t>(procs);
  const auto size = static_cast<std::ptrdiff_t>(cpus.size());
  if (members >= size) return cpus;
  return {cpus.begin() + members, cpus.begin() + std::min(size, members + kMost)};
}

std::vector<int> both(std::vector<int> some, const std::vector<int>& others) {
  for (const int cpu : others)
    if (std::find(some.begin(), some.end(), cpu) == some.end()) some.push_back(cpu);
  return some;
}

}  // namespace

Launch::Launch(const Workload& workload, const Candidate& candidate, std::uint64_t at_least,
               const LaunchOptions& options) {
  const Cell& cell = candidate.cell;
  const machine::Placement seats = seats_of(cell);
  if (!seats.refusal.empty()) throw LaunchFailed(seats.refusal);
  TeamPlan plan = plan_for(cell, at_least, options.limit);
  plan.cpus = seats.cpus;
  plan.latencies = options.latencies;
  sample_.operations = plan.operations;
  sample_.oversubscribed = plan.procs > seats.width;
  const std::vector<int> used = taken(seats.cpus, plan.procs);
  if (plan.procs > 1 && !used.empty()) sample_.nearness = nearness(used);
  set_patience(cell, candidate.about, seats.width, options.spin_ns);
  plan.rest = rest_of(cell);
  // To rest is to let the CPUs halt.
  // Of those who share one CPU somebody always wants it: a loop would only be in the way.
  const bool share_one = used.size() == 1 && plan.procs > 1;
  const std::vector<int> servers =
      candidate.about.served ? server_seats(seats.cpus, plan.procs) : std::vector<int>();
  if (options.awake && plan.rest.count() == 0 && !share_one) companions_ = Companions(both(used, servers));

  if (options.floors) {
    const auto add = [&](const Bound& bound, std::unique_ptr<Probe>& probe, TeamPlan::Probing& probing) {
      probing.parties = parties(bound.floor, bound.alone ? 1 : plan.procs, bound.alone ? 1 : seats.width);
      if (probing.parties == 0) return;
      probe = make_probe(bound.floor, bound.bytes, probing.parties, servers);
      probing.probe = probe.get();
    };
    if (workload.bound) bound_ = workload.bound(candidate, seats.width);
    if (bound_.floor != Floor::none) add({Floor::cache_line}, line_, plan.line);
    // One probe does where the two are the same.
    if (bound_.floor != Floor::cache_line) add(bound_, floor_, plan.floor);
  }
  {
    // What the job forks is servers.
    const posix::Confined here(servers);
    job_ = candidate.make();
  }
  team_.emplace(*job_, plan);
  team_->gather();
}

Sample Launch::run() {
  sample_.outcome = team_->run();
  team_->prove(sample_.outcome);
  // Where processes share CPUs it is the kernel that says who has his turn.
  if (!sample_.oversubscribed)
    if (const auto who = starved(sample_.outcome.members)) throw Starved("starved: " + *who);
  const Readings& before = sample_.outcome.before;
  const Readings& after = sample_.outcome.after;
  FloorReading& floor = sample_.floor;
  floor.line_ns = mean_of(before.line_ns, after.line_ns);
  const double ns =
      bound_.floor == Floor::cache_line ? floor.line_ns : mean_of(before.floor_ns, after.floor_ns);
  floor.floor_ns = ns * bound_.times;
  if (floor.floor_ns > 0) floor.floor = bound_.floor;
  floor.unsettled = !settled(before.line_ns, after.line_ns) || !settled(before.floor_ns, after.floor_ns);
  return sample_;
}

std::int64_t calibrated_spin_ns(const LaunchOptions& options) {
  // Several short launches: each has its own luck with where the host puts its CPUs.
  constexpr int kLaunches = 3;
  constexpr std::uint64_t kTrips = 100;
  std::vector<double> found;
  for (const Workload& workload : workloads()) {
    if (workload.contract != "floor" || workload.name != name(Floor::futex)) continue;
    for (const Candidate& candidate : workload.candidates())
      for (int i = 0; i < kLaunches && candidate.make; ++i) {
        try {
          found.push_back(Launch(workload, candidate, kTrips, options).run().ns_per_operation() / 2);
        } catch (const LaunchFailed&) {
          // A machine too busy for a hand-over can still be measured.
        }
      }
  }
  if (found.empty()) return kUsualSpinNs;
  std::sort(found.begin(), found.end());
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(found[found.size() / 2]), 2'000, 200'000);
}

}  // namespace shmoo::bench
