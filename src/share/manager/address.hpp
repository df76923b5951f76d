// Where a server is to be found, as people write it down:
//   /run/user/1000/shmoo.7.Ab3dE9/socket    its Unix socket
//   shm:/run/user/1000/.../socket           the same server, calls over shared memory
//   tcp://host:port  tcp://[::1]:port       over TCP
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "share/transport.hpp"

namespace shmoo::manager {

using shmoo::Transport;

/// What comes after "tcp://".
struct HostPort {
  std::string host;  ///< a name or a number, of IPv6 without brackets
  std::uint16_t port = 0;

  /// "host:port", "[::1]:port". Throws std::invalid_argument, naming what is wrong.
  static HostPort parse(std::string_view text);
  std::string text() const;
  bool operator==(const HostPort&) const = default;
};

struct Address {
  Transport transport = Transport::socket;
  std::string path;  ///< of the socket; not for TCP
  HostPort place;    ///< for TCP

  /// Throws std::invalid_argument, naming what is wrong.
  static Address parse(std::string_view text);
  std::string text() const;
  bool operator==(const Address&) const = default;
};

}  // namespace shmoo::manager
