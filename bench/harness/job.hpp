// What a workload gives to the harness: one launch's work, told from the point of view of one member of the
// team.
//
// Order of events in a launch: the Job is made in the parent (shared memory, servers); the team forks; in
// each member the harness pins, pre-faults shared mappings and calls prepare(), then work(warm-up); all
// gather at the gate; released together, each takes its start time, runs work(timed), takes its finish time,
// calls settle() and leaves. Time per operation = (last finish - first start) / operations of the whole team.
// When all have left, the parent calls verify(): only a launch that proves its result yields a time.
#pragma once
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/stopwatch.hpp"
#include "posix/usage.hpp"

namespace shmoo::bench {

/// One stretch of work, told to one member. Shares of all members add up to `total`.
struct Phase {
  std::uint64_t total;  ///< operations of the whole team in this phase
  std::uint64_t
      first;  ///< operations that the member did in the phases before (a sequence number to go on from)
  std::uint64_t
      share;   ///< operations of this member: total / procs, the first `total % procs` members one more
  bool timed;  ///< false for the warm-up

  /// How many operations of the warm-up, its first half, a workload may prove one by one, reading back what
  /// it wrote: the others warm up alone, as the timed ones will run.
  std::uint64_t proven() const { return timed ? 0 : share / 2; }
};

/// A member of the team, inside its own process.
class Member {
 public:
  virtual ~Member() = default;
  int index() const { return index_; }
  int procs() const { return procs_; }
  /// Times single operations: the loop of a workload whose latencies are reported runs in its each().
  Stopwatch& stopwatch() { return stopwatch_; }

  /// Says how many operations of the timed phase this member really did, when that is not its share
  /// (consumers that compete), or which members it competes with: those of its `side` (producers, consumers).
  /// Who says nothing is on side 0 when nobody says anything, else on none.
  virtual void did(std::uint64_t operations, int side = 0) = 0;
  /// Counts `ns` nanoseconds instead of start to finish for this member in the timed phase: for work whose
  /// set-up cannot stand before the gate. The team's span is then the longest that a member took.
  virtual void took(std::int64_t ns) = 0;
  /// Adds what another process has used that worked for this member alone in the timed phase.
  virtual void spent(const posix::Usage& usage) = 0;
  /// Ends this process and makes the launch a failure with this reason.
  [[noreturn]] virtual void fail(std::string_view reason) = 0;

 protected:
  Member(int index, int procs, Stopwatch& stopwatch) : index_(index), procs_(procs), stopwatch_(stopwatch) {}

 private:
  int index_;
  int procs_;
  Stopwatch& stopwatch_;
};

/// What the parent knows of a member when the launch is over.
struct MemberReport {
  std::uint64_t operations = 0;  ///< its share, or what it said it did
  std::int64_t start_ns = 0;
  std::int64_t finish_ns = 0;
  /// How much of that time it worked or waited for the others, instead of only lacking a CPU; 0 = cannot be
  /// told.
  std::int64_t present_ns = 0;
  int side =
      0;  ///< its operations compare with those of the members on the same side; kNoSide = with nobody's
  static constexpr int kNoSide = -1;
};

class Job {
 public:
  virtual ~Job() = default;
  /// In each member, before the warm-up: whatever belongs to the process (connections, private buffers).
  virtual void prepare(Member&) {}
  /// In each member, for the warm-up and again for the timed phase. May throw: that fails the launch with the
  /// text.
  virtual void work(Member&, const Phase&) = 0;
  /// In each member after its clock has stopped: hand sums over to shared memory, flush.
  virtual void settle(Member&) {}
  /// After all members left, in a process that the parent forks for it: a mechanism that hangs there costs
  /// the launch, too, and no more. Nothing = proven; else what was wrong, in one line.
  virtual std::optional<std::string> verify(std::span<const MemberReport> team) = 0;
  /// In the parent, when the deadline has passed, while members may still be at work: how far they came, in
  /// one line.
  virtual std::string so_far() { return ""; }
  /// Processes outside the team that work for it (a server): their CPU time belongs to the price.
  virtual std::vector<pid_t> servants() const { return {}; }
};

}  // namespace shmoo::bench
