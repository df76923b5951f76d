// How a workload enters the suite: it describes itself and spans its cells. One file per workload ends in a
// Registration; nothing else has to be told.
#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/bound.hpp"
#include "harness/cell.hpp"
#include "harness/job.hpp"
#include "share/mechanism.hpp"

namespace shmoo::bench {

/// How much of the grid a run covers: each profile contains the ones before it.
enum class Profile { quick, standard, full };

/// A point of an axis and the least profile that visits it.
struct Point {
  std::uint64_t value;
  Profile from = Profile::quick;
};
using Points = std::vector<Point>;

/// Process counts from `least` on: 1, 2, 4, 8 ... up to 8 or twice this machine's CPUs, whichever is more.
/// Far more processes than CPUs are for the full profile.
Points process_counts(int least);

/// The least profile for a cell because of its mechanism: what tells another cell's story once more is for
/// the full one. That is TCP beside the socket (but in contract dict, by up to two processes), and a peer of
/// another language, whose processes take a second to start, but at the usual size by one and two processes.
/// The manager's shared memory is for the standard one by short payloads, but in contract dict.
Profile least_profile(const Cell& cell, const About& about);

/// A cell and how to launch it, or why it cannot be.
struct Candidate {
  Cell cell;
  About about;  ///< the mechanism's
  Profile from = Profile::quick;
  /// Makes one launch; null when `refusal` says why not.
  std::function<std::unique_ptr<Job>()> make;
  std::string refusal;
};

struct Workload {
  std::string_view contract;
  std::string_view name;
  std::string_view purpose;    ///< one sentence: what question it answers
  std::string_view operation;  ///< what one operation is
  /// Bytes of payload that one operation moves, for bytes_per_second (0: throughput in bytes means nothing
  /// here).
  std::function<std::uint64_t(const Cell&)> bytes_per_operation;
  /// What bounds an operation of the team when its processes sit on `width` different CPUs; none when not
  /// given.
  std::function<Bound(const Candidate&, int width)> bound;
  std::function<std::vector<Candidate>()> candidates;
  /// Operations begin by a schedule, not when the one before is done: real_time is the mean latency of one.
  bool open_loop = false;
  /// Whether its processes begin each operation by themselves and time it alone: then they can rest before
  /// it.
  bool rests = false;
  /// How many times as long as others a launch lasts, for work that needs it to be judged.
  double stretch = 1;
};

/// All registered workloads, sorted by contract (globals, value, array, queue, dict, floor) and then by name.
const std::vector<Workload>& workloads();

/// Adds a workload to the table; use as a namespace-scope constant at the end of the workload's file.
class Registration {
 public:
  explicit Registration(Workload workload);
};

/// Spans mechanisms x sizes x process counts. `JobOf<M>` gives two statics:
///   std::string refusal(const Cell&)           why this cell cannot be ("" = it can)
///   std::unique_ptr<Job> make(const Cell&)     one launch of it
/// `variant`: the axes that all these cells have beside those.
template <class Mechanisms, template <class> class JobOf>
std::vector<Candidate> span_cells(std::string_view contract, std::string_view workload, const Points& sizes,
                                  const Points& procs, const std::vector<Axis>& variant = {}) {
  std::vector<Candidate> all;
  for_each_mechanism<Mechanisms>([&]<class M>() {
    for (const Point& size : sizes)
      for (const Point& count : procs) {
        Candidate candidate;
        candidate.cell = {std::string(contract),         std::string(workload),
                          std::string(M::about.name),    size.value,
                          static_cast<int>(count.value), variant};
        candidate.about = M::about;
        candidate.from = std::max({size.from, count.from, least_profile(candidate.cell, M::about)});
        candidate.refusal = JobOf<M>::refusal(candidate.cell);
        if (candidate.refusal.empty())
          candidate.make = [cell = candidate.cell] { return JobOf<M>::make(cell); };
        all.push_back(std::move(candidate));
      }
  });
  return all;
}

}  // namespace shmoo::bench
