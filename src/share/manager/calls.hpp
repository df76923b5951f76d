// Carrying out calls: finding the object, waiting for its turn, and the calls that wait in objects.
//
// Shared by all loops. Locks are taken in this order, each but the first held for moments only: the turn of
// one object, then the mutex of Parking, of the Registry, or of a Connection, then that of a loop's letters.
// Nobody takes the turn of a second object: what loses its last reference in the middle of a call is buried
// after it.
#pragma once
#include <sys/types.h>

#include <span>

#include "share/manager/frames.hpp"
#include "share/manager/parking.hpp"

namespace shmoo::manager {

class Calls final : public Host {
 public:
  /// `end` is called when the process `creator` asks the server to end. `alone`: there is but one loop, so
  /// calls need not take turns.
  Calls(pid_t creator, bool alone, std::function<void()> end);

  Registry& registry() { return registry_; }

  /// What to do when the object of a call is busy with another loop's.
  enum class Busy { wait, leave_word };

  /// The object that a loop called last: calls that come together are mostly for the same. To be emptied
  /// before the loop waits, so that no object is kept from going.
  struct Recent {
    ObjectId id = kServer;
    std::shared_ptr<Object> object;
  };

  /// Carries a request out; its reply is put into `caller.out`. By the loop of the caller.
  /// @return false when its object is busy: nothing is done, and Loop::retry() will be called.
  bool carry_out(Connection& caller, const Request& request, Busy busy, Recent& recent);

  /// The client waits for nothing any more.
  void drop(Connection& client);
  /// The client is gone, see Connection::cut_off().
  void leave(Connection& client, std::span<const std::shared_ptr<Object>> bound);
  /// Fails the calls whose time is up.
  void expire();
  /// When expire() is due: CLOCK_MONOTONIC, ns; INT64_MAX = never.
  std::int64_t expires_ns() const { return parking_.first_ns(); }

  /// Destroys what has lost its last reference by doings of this thread; calls that wait in it are told.
  /// @return whether there was something.
  bool bury();

  // Host.
  Ticket park(Object& object, Connection& caller, Reply& reply, std::int64_t timeout_ns, ErrorKind kind,
              std::string text) override;
  bool answer(Ticket ticket, const std::function<void(Reply&)>& say) override;
  Connection& caller_of(Ticket ticket) override { return parking_.caller_of(ticket); }
  bool bind(Connection& client, Object& object) override { return client.bind(object); }
  void unbind(Connection& client, Object& object) override { client.unbind(object); }

 private:
  bool enter(Object& object, Connection& caller, Busy busy);

  const bool alone_;
  Registry registry_;
  std::unique_ptr<Object> server_;  // under no turn: it keeps nothing but in the registry
  Parking parking_;
};

}  // namespace shmoo::manager
