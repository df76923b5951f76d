// Client processes: which connections are one process's, so that it shares references among its threads and
// gives them back when its last connection is gone.
//
// Any thread may use it.
#pragma once
#include <sys/types.h>

#include <memory>
#include <mutex>
#include <vector>

#include "share/manager/connection.hpp"

namespace shmoo::manager {

class Sessions {
 public:
  /// `watch` is told of a process that is new here, `gone` of one whose last connection has left; both on the
  /// thread that found out.
  Sessions(std::function<void(Session&)> watch, std::function<void(std::shared_ptr<Session>)> gone);

  /// A connection of process `pid` comes in: the session that it belongs to, which lasts until leave().
  /// Without a pid (the client lives in another pid namespace) it is one of its own.
  std::shared_ptr<Session> enter(pid_t pid);
  /// The same over TCP, where a process names itself.
  std::shared_ptr<Session> enter(const ProcessNumber& number);
  /// The connection is with its loop now. @return false when its process has died on the way.
  bool arrive(Connection& connection);
  /// A connection has gone; it had arrived, or never will.
  void leave(Connection& connection);
  /// The process has ended. @return the connections that it had; more of them will not arrive().
  std::vector<std::shared_ptr<Connection>> died(Session& session);

 private:
  template <class Is>
  std::shared_ptr<Session> enter_where(Is is);

  std::function<void(Session&)> watch_;
  std::function<void(std::shared_ptr<Session>)> gone_;
  std::mutex mutex_;  // of what follows and of what Session says
  std::vector<std::shared_ptr<Session>> sessions_;
};

}  // namespace shmoo::manager
