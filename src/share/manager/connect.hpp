// A new connection to a server, by whichever transport its address names.
#pragma once
#include <memory>
#include <string>

#include "share/manager/address.hpp"
#include "share/manager/wire.hpp"

namespace shmoo::manager {

/// Connects; over TCP both ends then prove to each other that they have `key`. Errors: std::system_error
/// (nobody listens, another user's folder ...), PermissionError (the key), ProtocolError (something else
/// listens there), ConnectionLost (the server went away, or did not go on with the handshake).
std::unique_ptr<ClientWire> connect(const Address& address, const std::string& key);

}  // namespace shmoo::manager
