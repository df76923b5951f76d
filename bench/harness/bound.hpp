// What bounds the work of a cell from below: a probe, and how many of its operations one operation of the
// team holds at least.
//
// A bound must be true rather than tight: what each process can do beside the others is divided by the
// processes that really run at one time; what one lock lets happen one after the other is not.
#pragma once
#include <algorithm>
#include <cstdint>

#include "harness/cell.hpp"
#include "harness/probe.hpp"
#include "harness/probes/echo.hpp"
#include "share/mechanism.hpp"

namespace shmoo::bench {

struct Bound {
  Floor floor = Floor::none;
  std::uint64_t bytes = 0;
  double times = 1;    ///< floor of one operation of the team = times x the probe's
  bool alone = false;  ///< one party, whoever else there is
};

namespace bound {

/// `what`, done by all members beside each other.
inline Bound beside(Bound what, const Cell& cell, int width) {
  what.alone = true;
  what.times /= std::max(1, std::min(cell.procs, width));
  return what;
}

/// The server that does nothing and is reached like the mechanism's.
inline Floor echo_of(Transport transport) {
  switch (transport) {
    case Transport::socket:
      return Floor::echo_socket;
    case Transport::tcp:
      return Floor::echo_tcp;
    case Transport::shm:
      return Floor::echo_shm;
  }
  return Floor::none;
}

/// Each operation is `calls` to a server, one after the other, of `bytes` of payload in one direction or the
/// other. As many clients call the bare server as call the mechanism's: what overlaps there overlaps here.
/// Payload that is too long for a burst of the probe is copied at least once.
inline Bound call(const Cell& cell, const About& about, int width, std::uint64_t bytes, double calls = 1) {
  if (bytes > probes::kLongestEcho) return beside({Floor::copy, bytes, calls}, cell, width);
  return {echo_of(about.transport), bytes, calls};
}

/// Each process moves `times` times `bytes` for itself, or in one call to a server.
inline Bound copy(const Cell& cell, const About& about, int width, std::uint64_t bytes, double times = 1) {
  if (about.served)
    return call(cell, about, width, static_cast<std::uint64_t>(static_cast<double>(bytes) * times));
  return beside({Floor::copy, bytes, times}, cell, width);
}

/// The same, where a lock's taking is more than a small copy and has one process after the other.
inline Bound copy_or_lock(const Cell& cell, const About& about, int width, std::uint64_t bytes) {
  if (about.locked && bytes <= 64) return {Floor::fetch_add, 8, 1, true};
  return copy(cell, about, width, bytes);
}

/// One item of `bytes` from one process to another: two calls where a server stands between. `lanes` = how
/// many items may be on the way beside each other.
inline Bound stream(const Cell& cell, const About& about, int width, int lanes) {
  if (about.served) return call(cell, about, width, cell.bytes, 2);
  if (width < 2) return {Floor::copy, cell.bytes, 1, true};
  return {Floor::block_stream, cell.bytes, 1.0 / std::max(1, std::min(lanes, width / 2))};
}

/// One item there and one back. Through a server each way is as far as one call: to the server and on from
/// there; the other half of each of the four calls may pass meanwhile.
inline Bound round_trip(const Cell& cell, const About& about, int width) {
  if (about.served) {
    Bound two = call(cell, about, width, cell.bytes, 2);
    two.alone = true;
    return two;
  }
  if (width < 2) return {Floor::yield};
  if (cell.bytes <= 1024) return {Floor::cache_line};
  return {Floor::copy, cell.bytes, 2};
}

}  // namespace bound
}  // namespace shmoo::bench
