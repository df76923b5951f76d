// Hardware counters of processes: cycles, instructions and cache misses, by perf_event_open(2), where the
// kernel allows it and the machine has them. Where not, everything here still works and counts nothing.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "posix/fd.hpp"

namespace shmoo::posix {

/// What a kernel event is called in perf_event_open(2).
struct PerfEvent {
  std::uint32_t type = 0;
  std::uint64_t config = 0;
};

/// What a team used by the hardware's own count; nothing = not counted. Sums are known where both parts are.
struct PerfCounts {
  std::optional<double> cycles;
  std::optional<double> instructions;
  std::optional<double> cache_misses;  ///< of the last level, as the kernel's generic event has it
  PerfCounts operator+(const PerfCounts& o) const;
};

/// What can be counted here.
struct PerfSupport {
  bool available = false;  ///< at least one of the three
  bool kernel = false;     ///< what the kernel does for a process is counted too
  bool permitted = true;   ///< false: it is the kernel's settings that forbid it
  std::string reason;      ///< why nothing is counted; "" when available
};
/// Tried once per process, by opening counters on itself.
const PerfSupport& perf_support();

/// Counters of one process: of this thread and all that it starts from here on, threads and children, at any
/// depth; or of another process, with all its threads as they are now and what they start. They stand still
/// until start(). Counts of a child are in when it has ended; of a thread, at any time. One process owns
/// the object; a forked child must leave it alone. Errors: none, what cannot be opened is not counted.
class PerfCounters {
 public:
  /// Counts nothing.
  PerfCounters() = default;
  /// `events` of process `pid`, 0 = this thread.
  PerfCounters(std::span<const PerfEvent> events, pid_t pid);
  /// The three of PerfCounts, where perf_support() says that there are any.
  static PerfCounters hardware(pid_t pid = 0);

  void start();
  void stop();
  /// How often each event came, in the order given. An event that shared its counter with others is scaled to
  /// the whole time; nothing for one that was never counted.
  std::vector<std::optional<double>> read() const;
  /// read(), for those that hardware() gave.
  PerfCounts counts() const;

 private:
  std::size_t events_ = 0;
  std::vector<Fd> fds_;  // thread by thread, each with all events
};

}  // namespace shmoo::posix
