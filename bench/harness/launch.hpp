// One launch of one cell: a fresh job, a fresh team, one sample. The unit of replication.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>

#include "harness/team.hpp"
#include "harness/workload.hpp"

namespace shmoo::bench {

/// What a launch yields when it proved its result.
struct Sample {
  std::uint64_t operations = 0;  ///< timed operations of the whole team
  Outcome outcome;
  bool oversubscribed = false;  ///< more processes than CPUs: mechanisms slept instead of spinning

  double ns_per_operation() const {
    return static_cast<double>(outcome.span_ns) / static_cast<double>(operations);
  }
};

/// A launch under way. Made = the team is forked and stands at the gate, warmed up.
class Launch {
 public:
  /// `at_least` operations are rounded up, so that every member has its part. Throws LaunchFailed,
  /// Interrupted, or what the job's constructor throws.
  Launch(const Candidate& candidate, std::uint64_t at_least, posix::Nanoseconds limit);

  /// Opens the gate, waits, proves. Throws LaunchFailed, Interrupted.
  Sample run();

 private:
  Sample sample_;
  std::unique_ptr<Job> job_;
  std::optional<Team> team_;  // goes first: nobody uses the job any more when it goes
};

}  // namespace shmoo::bench
