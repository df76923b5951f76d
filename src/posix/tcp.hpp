// TCP sockets: listen and connect by host and port, IPv4 and IPv6. Once connected they are moved bytes over
// like any stream socket, see socket.hpp.
//
// Every connection sends small pieces at once (TCP_NODELAY) and finds out within about a minute when the
// other machine is gone without a word (keepalive). Errors: std::system_error; a name that cannot be resolved
// is one as well, whose text says why.
#pragma once
#include <cstdint>
#include <string>
#include <utility>

#include "posix/clock.hpp"
#include "posix/fd.hpp"

namespace shmoo::posix {

/// A listening socket, non-blocking, on the first address that `host` means; port 0 = any that is free. The
/// port can be taken again as soon as the socket is closed. Errors: EADDRINUSE, EADDRNOTAVAIL, ...
Fd listen_tcp(const std::string& host, std::uint16_t port);

/// Connects to the first address of `host` that answers. Errors: ECONNREFUSED, ETIMEDOUT (the deadline
/// passed)
/// ...
Fd connect_tcp(const std::string& host, std::uint16_t port, Deadline deadline);

/// Two ends that are connected to each other through the loopback device: for processes that inherit them.
/// Errors: those of the others; ETIMEDOUT.
std::pair<Fd, Fd> connected_tcp_pair(Deadline deadline);

/// Tells a TCP socket that was accepted what connect_tcp() tells its own.
void tune_tcp(int socket);

/// The port that a socket is bound to.
std::uint16_t port_of(int socket);

}  // namespace shmoo::posix
