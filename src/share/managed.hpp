// What a mechanism that lives in a manager's server says of itself: the same under every contract, by
// transport.
#pragma once
#include "share/mechanism.hpp"

namespace shmoo {

inline constexpr std::string_view kManagedPeerDeath =
    "nothing happens to the others; the server takes back what the dead had";

constexpr About managed(Transport transport, std::string_view peer_death = kManagedPeerDeath) {
  const bool socket = transport == Transport::socket;
  const bool shm = transport == Transport::shm;
  return {.name = socket ? "manager"
                  : shm  ? "manager_shm"
                         : "manager_tcp",
          .summary = socket ? "in a server process, behind a private Unix socket"
                     : shm  ? "in a server process, calls over lines of shared memory"
                            : "in a server process, calls over TCP on this machine",
          .peer_death = peer_death,
          .served = true,
          .patient = true,
          .transport = transport};
}

}  // namespace shmoo
