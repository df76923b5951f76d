#include "harness/launch.hpp"

#include <algorithm>

#include "posix/affinity.hpp"
#include "sync/patience.hpp"

namespace shmoo::bench {
namespace {

// What a wake-up between CPUs costs where the kernel answers at once (37 us seen); calibrating it belongs to
// the wait axis.
constexpr std::int64_t kSpinNs = 50'000;

TeamPlan plan_for(const Cell& cell, std::uint64_t at_least, posix::Nanoseconds limit) {
  const auto procs = static_cast<std::uint64_t>(cell.procs);
  TeamPlan plan;
  plan.procs = cell.procs;
  plan.operations = (std::max<std::uint64_t>(1, at_least) + procs - 1) / procs * procs;
  plan.warm_up = std::max(procs, plan.operations / 10);
  plan.cpus = posix::allowed_cpus();
  plan.limit = limit;
  return plan;
}

}  // namespace

Launch::Launch(const Candidate& candidate, std::uint64_t at_least, posix::Nanoseconds limit) {
  const TeamPlan plan = plan_for(candidate.cell, at_least, limit);
  sample_.operations = plan.operations;
  sample_.oversubscribed = static_cast<std::size_t>(plan.procs) > plan.cpus.size();
  sync::patience().spins = sample_.oversubscribed ? 0 : sync::spins_for(kSpinNs);
  job_ = candidate.make();
  team_.emplace(*job_, plan);
  team_->gather();
}

Sample Launch::run() {
  sample_.outcome = team_->run();
  if (const auto wrong = job_->verify(sample_.outcome.members)) throw LaunchFailed("proof failed: " + *wrong);
  return sample_;
}

}  // namespace shmoo::bench
