// What carries the calls of clients to a server.
#pragma once

namespace shmoo {

enum class Transport {
  socket,  ///< a Unix stream socket
  shm,     ///< lines of shared memory
  tcp
};

}  // namespace shmoo
