// Calls that wait in the server until an object answers them, their time is up, or their client is gone.
//
// Any thread may use it. Who parks or takes a call holds the turn of its object: so a ticket that an object
// knows of is there as long as that turn is held.
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "posix/clock.hpp"
#include "share/manager/connection.hpp"

namespace shmoo::manager {

/// A call that waits.
struct Parked {
  std::shared_ptr<Connection> caller;
  std::shared_ptr<Object> object;
  std::uint64_t request;
  bool wanted;         ///< whether the caller reads an answer
  std::int64_t until;  ///< CLOCK_MONOTONIC, ns; INT64_MAX = for ever
  ErrorKind kind;      ///< what the call fails with then
  std::string text;
};

/// A call that is to be taken out, once the turn of its object is held.
struct Due {
  Ticket ticket = 0;  ///< 0 = there is none
  std::shared_ptr<Object> object;
};

class Parking {
 public:
  /// `timeout_ns` from now; negative = for ever. `call.until` is set here.
  /// @return 0 when `most` calls of its client wait already.
  Ticket park(Parked call, std::int64_t timeout_ns, std::size_t most) {
    const std::int64_t now = timeout_ns < 0 ? 0 : posix::monotonic_ns();
    // What lies beyond the clock is for ever.
    call.until = timeout_ns < 0 || timeout_ns > INT64_MAX - now ? INT64_MAX : now + timeout_ns;
    const std::scoped_lock guard(mutex_);
    if (call.caller->parked.size() >= most) return 0;
    const Ticket ticket = ++last_;
    if (call.until != INT64_MAX) timers_.emplace(call.until, ticket);
    note_first();
    call.caller->parked.insert(ticket);
    calls_.emplace(ticket, std::move(call));
    return ticket;
  }

  Connection& caller_of(Ticket ticket) const {
    const std::scoped_lock guard(mutex_);
    return *calls_.at(ticket).caller;
  }

  /// Takes a call out, to answer or to forget it; nothing when somebody else has.
  std::optional<Parked> take(Ticket ticket) {
    const std::scoped_lock guard(mutex_);
    auto found = calls_.extract(ticket);
    if (!found) return std::nullopt;
    Parked& call = found.mapped();
    if (call.until != INT64_MAX) timers_.erase({call.until, ticket});
    note_first();
    call.caller->parked.erase(ticket);
    return std::move(call);
  }

  /// The calls that wait in an object.
  std::vector<Ticket> in(const Object& object) const {
    const std::scoped_lock guard(mutex_);
    std::vector<Ticket> tickets;
    for (const auto& [ticket, call] : calls_)
      if (call.object.get() == &object) tickets.push_back(ticket);
    return tickets;
  }
  /// One that this client waits for.
  Due of(const Connection& caller) const {
    const std::scoped_lock guard(mutex_);
    if (caller.parked.empty()) return {};
    return due(*caller.parked.begin());
  }
  /// One whose time is up at `now`.
  Due overdue(std::int64_t now) const {
    const std::scoped_lock guard(mutex_);
    if (timers_.empty() || timers_.begin()->first > now) return {};
    return due(timers_.begin()->second);
  }

  /// When the first time-out is due: CLOCK_MONOTONIC, ns; INT64_MAX = never. Each loop looks before it waits,
  /// so at least the one that parked a call watches its time.
  std::int64_t first_ns() const { return first_ns_.load(std::memory_order_relaxed); }

 private:
  Due due(Ticket ticket) const { return {ticket, calls_.at(ticket).object}; }
  void note_first() {
    first_ns_.store(timers_.empty() ? INT64_MAX : timers_.begin()->first, std::memory_order_relaxed);
  }

  mutable std::mutex mutex_;  // of all that follows, and of Connection::parked
  std::unordered_map<Ticket, Parked> calls_;
  std::set<std::pair<std::int64_t, Ticket>> timers_;
  Ticket last_ = 0;
  std::atomic<std::int64_t> first_ns_ = INT64_MAX;
};

}  // namespace shmoo::manager
