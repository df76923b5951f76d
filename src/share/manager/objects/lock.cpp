// lock: held by one connection (one thread of one process), recursive; waiting acquires get it in the order
// they came. It is given back when its holder's connection ends, however that happens.
#include <set>

#include "share/manager/objects.hpp"

namespace shmoo::manager {
namespace {

class Lock final : public ObjectOf<Lock> {
 public:
  static constexpr std::string_view name = "lock";
  static const std::array<Exposed<Lock>, 2> exposed;

  void forget(Ticket ticket) override { waiting_.erase(ticket); }

  void left(Connection& connection, Host& host) override {
    if (holder_ == &connection) hand_over(host);
  }

 private:
  /// (ns to wait; negative = for ever): Timeout at the time-out.
  void acquire(const Call& call) {
    const std::int64_t timeout = integer_of(call.arguments[0], "a time-out");
    if (!holder_ || holder_ == &call.caller) {
      if (!holder_) call.host.bind(call.caller, *this);
      holder_ = &call.caller;
      ++depth_;
      return call.give(nullptr);
    }
    if (timeout == 0) return call.reply.fail(ErrorKind::timeout, kHeld);
    const Ticket ticket =
        call.host.park(*this, call.caller, call.reply, timeout, ErrorKind::timeout, std::string(kHeld));
    if (ticket != 0) waiting_.insert(ticket);
  }

  void release(const Call& call) {
    if (holder_ != &call.caller) throw ValueError("the lock is released by somebody who does not hold it");
    call.give(nullptr);
    if (--depth_ > 0) return;
    call.host.unbind(call.caller, *this);
    hand_over(call.host);
  }

  void hand_over(Host& host) {
    holder_ = nullptr;
    depth_ = 0;
    while (!holder_ && !waiting_.empty()) {
      const Ticket next = waiting_.extract(waiting_.begin()).value();
      // Bound before it is told: should it leave after that, we hear of it.
      Connection& caller = host.caller_of(next);
      const bool bound = host.bind(caller, *this);
      if (host.answer(next, [](Reply& reply) { put(reply.value(), nullptr); })) {
        holder_ = &caller;
        depth_ = 1;
      } else if (bound) {
        host.unbind(caller, *this);
      }
    }
  }

  static constexpr std::string_view kHeld = "the lock is held by another client";
  Connection* holder_ = nullptr;
  std::uint64_t depth_ = 0;
  std::set<Ticket> waiting_;  // grows, so the first came first
};

const std::array<Exposed<Lock>, 2> Lock::exposed{{
    {Method::acquire, 1, 1, &Lock::acquire},
    {Method::release_lock, 0, 0, &Lock::release},
}};

}  // namespace

std::unique_ptr<Object> make_lock(Arguments arguments) {
  check_creation(arguments, Lock::name, 0, 0);
  return std::make_unique<Lock>();
}

}  // namespace shmoo::manager
