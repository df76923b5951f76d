// Floors: what the hardware and the kernel allow, measured by the members of a team themselves, on their
// CPUs, right before and right after the timed work.
//
// A probe runs in short bursts of several forms and reports the best burst: interrupts, stolen time and an
// unlucky way of polling make a burst longer, never shorter, and a floor that a mechanism beats is none. Each
// probe keeps to a budget; a party that waits for one that does not come gives up (a pipe's alone leaves that
// to the team's deadline), and the floor is then unknown, never wrong.
//
// Sources: lmbench (bw_mem, lat_ctx, lat_proc) for what is worth knowing of a machine; that a cache line's
// round trip explains most of the scatter between launches was measured for this suite.
#pragma once
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "posix/clock.hpp"

namespace shmoo::bench {

enum class Floor {
  none,
  cache_line,    ///< one line to another CPU and one back; parties 2, on different CPUs
  block_stream,  ///< one message of `bytes`, of those that are published 256 at a time; parties 2, on
                 ///< different CPUs
  copy,  ///< `bytes` copied out of shared memory, where another CPU's writes stand if there are two parties
  fetch_add,   ///< one atomic addition to one line that all parties add to
  syscall,     ///< the cheapest system call; one party
  futex,       ///< one hand-over to another process and one back by futex(2); parties 2, on one CPU or two
  yield,       ///< one hand-over to another process of the same CPU and one back by sched_yield(2); parties 2
  pipe,        ///< one byte through a pipe and one back; parties 2
  fork,        ///< fork, exit and wait of a process with `bytes` of resident memory; one party
  page_fault,  ///< the first write to a page; one party
  echo_socket,  ///< a request with `bytes` of payload to a bare server and its reply, or the other way round,
                ///< by a Unix socket; all members at the same time
  echo_tcp,     ///< the same by TCP through the loopback device
  echo_shm,     ///< the same by lines of shared memory, at which both sides look
};
/// As in cells and rows: "cache_line", "block_stream" ...; "" for none.
std::string_view name(Floor floor);
/// How many members take part, of `procs` on `width` different CPUs; 0 = the probe is impossible there.
int parties(Floor floor, int procs, int width);

/// A probe in memory that a team shares: made by the parent before it forks. One that needs a server starts
/// it then, and ends it when it is destroyed.
class Probe {
 public:
  virtual ~Probe() = default;
  /// Party `party` of `parties` takes part in bursts until `budget` is used up (one burst is done in any
  /// case).
  /// @return for party 0 ns per operation of the best burst, or NaN when the others did not come; for the
  /// others nothing of use.
  virtual double measure(int party, posix::Nanoseconds budget) = 0;
  /// The same for `operations` operations or a few more, as a cell of its own. Returns as measure().
  virtual double repeat(int party, std::uint64_t operations) = 0;
};

/// What one launch spends on a probe each time.
inline constexpr posix::Nanoseconds kProbeBudget = std::chrono::microseconds(1'400);

/// Null for none, and for echo_tcp where the loopback device cannot be used. Errors: std::system_error.
/// `server_seats`: CPUs of the servers of a probe that has some; empty = all that this process may use.
std::unique_ptr<Probe> make_probe(Floor floor, std::uint64_t bytes, int parties,
                                  const std::vector<int>& server_seats = {});

}  // namespace shmoo::bench
