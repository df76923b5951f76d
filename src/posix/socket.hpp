// Unix stream sockets: listen and connect by path, who is at the other end; and transfers over stream sockets
// of any family (see tcp.hpp) that never raise SIGPIPE.
//
// The functions are as thread-safe as the calls below them. An end that is gone is a result (`ended`), not an
// error, since every user of a socket has to deal with it; all else is std::system_error with verb and
// object.
#pragma once
#include <sys/types.h>

#include <cstddef>
#include <string>
#include <utility>

#include "posix/clock.hpp"
#include "posix/fd.hpp"

namespace shmoo::posix {

/// What a transfer did.
struct Transfer {
  enum State {
    done,         ///< `bytes` (at least one) were moved
    would_block,  ///< nothing could be moved without waiting
    ended,        ///< the other end is gone: no byte will ever be moved again
  } state;
  std::size_t bytes = 0;
};

/// What the result of a system call that moves bytes says; throws with `what` for an error of another kind.
Transfer moved(ssize_t result, const char* what);

/// The process that called connect() (for an accepted socket), as the kernel noted it then.
struct Peer {
  pid_t pid;
  uid_t uid;
};

/// Whether a path is short enough for a Unix socket (107 bytes).
bool fits_unix_socket(const std::string& path);

/// A listening socket at `path`, mode 0600, non-blocking. A socket file that nobody listens to any more is
/// replaced. Errors: EADDRINUSE (somebody does listen), ENAMETOOLONG, ...
Fd listen_unix(const std::string& path);

/// Connects to the listener at `path`; waits while its backlog is full. Errors: ENOENT, ECONNREFUSED, EACCES,
/// ...
Fd connect_unix(const std::string& path);

/// Two ends that are connected to each other and have no name: for processes that inherit them.
std::pair<Fd, Fd> connected_pair();

/// From now on receive_some() on this socket waits no longer than that: `would_block` then.
void limit_waiting(int socket, Nanoseconds most);

/// The next waiting connection, non-blocking; empty when there is none (or it is gone again).
/// Errors: EMFILE, ENFILE, ENOBUFS, ENOMEM leave the connection waiting.
Fd accept_waiting(int listener);

Peer peer_of(int socket);

/// Moves what can be moved without waiting.
Transfer receive_now(int socket, void* data, std::size_t bytes);
Transfer send_now(int socket, const void* data, std::size_t bytes);

/// Whether the other end has gone or sends no more, or whether process `pidfd` (see watch_process(); -1 =
/// none) has ended. One poll(2) that does not wait; bytes that are still to be read make no difference.
bool has_left(int socket, int pidfd);

/// Waits for at least one byte or the end.
Transfer receive_some(int socket, void* data, std::size_t bytes);

/// Which way a socket can move bytes again, see wait_for_socket().
struct Readiness {
  bool read = false;
  bool write = false;
};

/// Waits until `socket` can be read or written (or has ended, which counts as both).
Readiness wait_for_socket(int socket);

}  // namespace shmoo::posix
