// The server: loops, a thread each, that carry out what clients ask (loop.hpp), and the door at which clients
// come in and are dealt to them. README.md beside this file draws the states of a connection.
//
// Runs in a process of its own. It ends, and removes its socket, when the creator asks (`shutdown`), when
// SIGTERM comes, and when the creator's process has ended in whichever way.
#pragma once
#include <sys/types.h>

#include <functional>
#include <string>

#include "posix/fd.hpp"

namespace shmoo::manager {

struct ServiceParts {
  posix::Fd listener;       ///< of posix::listen_unix()
  posix::Fd tcp_listener;   ///< of posix::listen_tcp(), or empty
  std::string key;          ///< of TCP clients
  posix::Fd creator_watch;  ///< readable once the creator has ended
  posix::Fd terminate;      ///< readable once SIGTERM came
  pid_t creator;
  int loops = 1;  ///< threads
  std::function<void()>
      remove_socket;  ///< called while still listening, so that a successor's socket is never removed
};

/// Serves until the end.
void serve(ServiceParts parts);

}  // namespace shmoo::manager
