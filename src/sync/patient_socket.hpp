// Receiving from a socket as patiently as this process is: see patience.hpp.
#pragma once
#include <cstddef>

#include "posix/socket.hpp"
#include "sync/patience.hpp"

namespace shmoo::sync {

/// posix::receive_some(), but that it first looks for the process's patience; without any it sleeps at once.
inline posix::Transfer receive_patiently(int socket, void* data, std::size_t bytes) {
  posix::Transfer got{posix::Transfer::would_block};
  const auto look = [&] {
    got = posix::receive_now(socket, data, bytes);
    return got.state != posix::Transfer::would_block;
  };
  return call_until(look) ? got : posix::receive_some(socket, data, bytes);
}

}  // namespace shmoo::sync
