// A team: the processes of one launch. Forked, pinned, held at a gate, released together, reaped.
//
// Owned by one single-threaded parent that takes no part in the work. The parent only ever waits on
// descriptors with a deadline: a member that dies, hangs or fails its check ends the launch, never the suite.
// The members form a process group of their own, and the kernel kills each when the parent dies, so whatever
// happens nothing of a team is left.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/job.hpp"
#include "harness/per_member.hpp"
#include "harness/probe.hpp"
#include "posix/child.hpp"
#include "posix/event_fd.hpp"
#include "posix/mapping.hpp"
#include "posix/perf.hpp"
#include "posix/usage.hpp"

namespace shmoo::bench {

/// Why a launch yields no time; the text becomes the reason of the failure row.
class LaunchFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The mechanism starved a member. The fixture asks for it three times in a row before it believes it.
class Starved : public LaunchFailed {
 public:
  using LaunchFailed::LaunchFailed;
};

/// How the reason of an open loop begins that could not keep its schedule: a load that this machine does not
/// carry at this moment, nothing that is broken.
inline constexpr std::string_view kMissedRate = "missed the rate: ";

/// The run was asked to stop (SIGINT, SIGTERM) while the parent waited.
class Interrupted : public std::runtime_error {
 public:
  Interrupted() : std::runtime_error("interrupted") {}
};

struct TeamPlan {
  int procs = 1;
  std::uint64_t operations = 1;  ///< timed operations of the whole team
  std::uint64_t warm_up = 1;     ///< operations of the whole team before the gate
  bool latencies = true;         ///< time every n-th operation, where the work lets it
  posix::Nanoseconds rest{0};    ///< before each timed operation, of work that is timed one by one
  std::vector<int> cpus;         ///< member i is pinned to cpus[i % size]; empty = not pinned
  /// What the members probe before and after the timed work, if anything; shared by them, owned by the
  /// caller.
  struct Probing {
    Probe* probe = nullptr;
    int parties = 0;  ///< the first so many members take part
  };
  Probing line;   ///< the round trip of a cache line, for the sample's class
  Probing floor;  ///< what bounds the work
  posix::Nanoseconds limit{
      20'000'000'000};  ///< deadline for gathering at the gate, again for the timed part, and for the proof
};

/// What the probes found, ns per operation; NaN when not known.
struct Readings {
  double line_ns = std::numeric_limits<double>::quiet_NaN();
  double floor_ns = std::numeric_limits<double>::quiet_NaN();
};

struct Outcome {
  std::int64_t span_ns =
      0;  ///< first start to last finish (or the longest time a member took, where it says so itself)
  posix::Usage usage;        ///< all members, and the job's servants, during the timed part
  posix::PerfCounts counts;  ///< of the same, where the hardware's counters are to be had
  Latencies latencies;       ///< of single operations, all members together
  std::vector<MemberReport> members;
  Readings before;
  Readings after;
  double least_share =
      1.0;  ///< the slowest member's rate over the mean rate: 1 = perfectly fair, 0 = one starved
};

class Team {
 public:
  /// Forks the members; each prepares and warms up by itself.
  Team(Job& job, const TeamPlan& plan);
  /// Kills and reaps whoever is left.
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  /// Waits until all members stand at the gate. Throws LaunchFailed, Interrupted.
  void gather();
  /// Opens the gate and waits until all have left. Throws LaunchFailed, Interrupted.
  Outcome run();
  /// Has the job verify what run() gave, in one more process of the group. Throws LaunchFailed, Interrupted.
  void prove(const Outcome& outcome);

  /// Process id of a member, for tests that kill one.
  pid_t pid(int member) const { return members_[static_cast<std::size_t>(member)].pid(); }

 private:
  struct Board;
  struct Slot;
  class Worker;

  /// Waits until `done()`; `event` wakes the wait early. Ends the launch when a member has died or the
  /// deadline has passed.
  template <class Done>
  void wait_for(Done done, const char* what);
  void check_endings();
  std::optional<std::size_t> worst_ending();
  int weight(std::size_t process) const;
  /// What the processes that have not ended are at, in words; stopped ones first.
  std::string whereabouts() const;
  /// "member 2", or "the proof".
  std::string name_of(std::size_t process) const;
  bool all_ended() const;
  Slot& slot(int member) const;
  Outcome outcome() const;

  Job& job_;
  TeamPlan plan_;
  posix::EventFd gathered_;
  posix::Shared<Board> board_;  // the slots follow it
  PerMember<Stopwatch> stopwatches_;
  std::vector<posix::Child> members_;  // and the process that proves, once there is one
  std::vector<bool> ended_;
};

}  // namespace shmoo::bench
