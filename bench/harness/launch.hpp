// One launch of one cell: a fresh job, a fresh team, one sample. The unit of replication.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "harness/companions.hpp"
#include "harness/team.hpp"
#include "harness/workload.hpp"

namespace shmoo::bench {

/// What a wake-up between CPUs costs where the kernel answers at once (37 us there and back seen); see
/// calibrated_spin_ns().
inline constexpr std::int64_t kUsualSpinNs = 50'000;

/// How launches are made, the same for all of a run.
struct LaunchOptions {
  posix::Nanoseconds limit{20'000'000'000};  ///< deadline of each part, see TeamPlan
  bool floors = true;                        ///< probes before and after
  bool latencies = true;                     ///< time single operations, where the work lets it
  bool awake = true;                         ///< companions keep the CPUs from halting
  std::int64_t spin_ns = kUsualSpinNs;       ///< how long adaptive waiting spins
};

/// What the probes of one launch say of it.
struct FloorReading {
  Floor floor = Floor::none;
  double floor_ns = 0;  ///< of one operation of the team: geometric mean of before and after; 0 = not known
  double line_ns = 0;   ///< round trip of a cache line between the first two members; 0 = not known
  bool unsettled = false;  ///< before and after differ by more than a quarter
};

/// What a launch yields when it proved its result.
struct Sample {
  std::uint64_t operations = 0;  ///< timed operations of the whole team
  Outcome outcome;
  FloorReading floor;
  std::string
      nearness;  ///< of the team's CPUs as hwloc sees them, see seats.hpp; "" with one process or unpinned
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
  Launch(const Workload& workload, const Candidate& candidate, std::uint64_t at_least,
         const LaunchOptions& options);

  /// A bare one: no probes, no companions, the usual patience.
  Launch(const Candidate& candidate, std::uint64_t at_least, posix::Nanoseconds limit)
      : Launch(Workload(), candidate, at_least, {limit, false, true, false, kUsualSpinNs}) {}

  /// Opens the gate, waits, proves. Throws LaunchFailed, Starved, Interrupted.
  Sample run();

 private:
  Sample sample_;
  Bound bound_;
  Companions companions_;  // before the job: they need none of its memory
  std::unique_ptr<Probe> line_;
  std::unique_ptr<Probe> floor_;
  std::unique_ptr<Job> job_;
  std::optional<Team> team_;  // goes first: nobody uses the job any more when it goes
};

/// What a wake-up between two processes costs on this machine, ns: half a hand-over and back by futex, on
/// CPUs that are kept awake if `options` says so. Takes some 20 ms. kUsualSpinNs where it cannot be measured.
std::int64_t calibrated_spin_ns(const LaunchOptions& options);

}  // namespace shmoo::bench
