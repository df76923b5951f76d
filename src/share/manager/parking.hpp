// Calls that wait in the server until an object answers them, their time is up, or their client is gone.
//
// Belongs to the server's one thread.
#pragma once
#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "posix/clock.hpp"
#include "share/manager/connection.hpp"

namespace shmoo::manager {

/// A call that waits.
struct Parked {
  Connection& caller;
  Object& object;
  std::uint64_t request;
  bool wanted;         ///< whether the caller reads an answer
  std::int64_t until;  ///< CLOCK_MONOTONIC, ns; INT64_MAX = for ever
  ErrorKind kind;      ///< what the call fails with then
  std::string text;
};

class Parking {
 public:
  /// `timeout_ns` from now; negative = for ever. `call.until` is set here.
  Ticket park(Parked call, std::int64_t timeout_ns) {
    const std::int64_t now = posix::monotonic_ns();
    // What lies beyond the clock is for ever.
    call.until = timeout_ns < 0 || timeout_ns > INT64_MAX - now ? INT64_MAX : now + timeout_ns;
    const Ticket ticket = ++last_;
    if (call.until != INT64_MAX) timers_.emplace(call.until, ticket);
    call.caller.parked.insert(ticket);
    calls_.emplace(ticket, std::move(call));
    return ticket;
  }

  const Parked& of(Ticket ticket) const { return calls_.at(ticket); }

  /// Takes a call out, to answer or to forget it.
  Parked take(Ticket ticket) {
    auto found = calls_.extract(ticket);
    Parked& call = found.mapped();
    if (call.until != INT64_MAX) timers_.erase({call.until, ticket});
    call.caller.parked.erase(ticket);
    return std::move(call);
  }

  /// The calls that wait in an object.
  std::vector<Ticket> in(const Object& object) const {
    std::vector<Ticket> tickets;
    for (const auto& [ticket, call] : calls_)
      if (&call.object == &object) tickets.push_back(ticket);
    return tickets;
  }

  /// When the first time-out is due.
  posix::Deadline next() const {
    if (timers_.empty()) return posix::Deadline::never();
    return posix::Deadline::in(posix::Nanoseconds(timers_.begin()->first - posix::monotonic_ns()));
  }
  /// A call whose time is up at `now`; 0 = none.
  Ticket overdue(std::int64_t now) const {
    return timers_.empty() || timers_.begin()->first > now ? 0 : timers_.begin()->second;
  }
  bool has_timers() const { return !timers_.empty(); }

 private:
  std::unordered_map<Ticket, Parked> calls_;
  std::set<std::pair<std::int64_t, Ticket>> timers_;
  Ticket last_ = 0;
};

}  // namespace shmoo::manager
