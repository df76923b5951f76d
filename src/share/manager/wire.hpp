// How the bytes of one connection travel: what both ends of every transport look like to the frames above.
//
// Belongs to one thread at a time. The other end's being gone is a result (`ended`); all else that fails is
// std::system_error.
#pragma once
#include <cstddef>
#include <utility>

#include "posix/fork_private.hpp"
#include "posix/socket.hpp"
#include "sync/patient_socket.hpp"

namespace shmoo::manager {

/// What a loop that serves many needs of each.
class Wire {
 public:
  virtual ~Wire() = default;
  /// Moves what can be moved without waiting.
  virtual posix::Transfer send_now(const void* data, std::size_t bytes) = 0;
  virtual posix::Transfer receive_now(void* data, std::size_t bytes) = 0;
  /// For a loop to watch, and to ask whether the other end has left.
  virtual int descriptor() const = 0;
};

/// What one who waits for this wire alone needs besides.
class ClientWire : public Wire {
 public:
  /// Waits for at least one byte or the end.
  virtual posix::Transfer receive_some(void* data, std::size_t bytes) = 0;
  /// Waits until bytes can be received or sent, or the other end is gone (which counts as both).
  virtual posix::Readiness wait() = 0;
};

/// A stream socket, of whichever family: looked at for as long as the process's sync::patience() allows, then
/// the kernel wakes us; `Owner` is what keeps its descriptor.
template <class Owner>
class SocketWireOf final : public ClientWire {
 public:
  explicit SocketWireOf(posix::Fd socket) : socket_(std::move(socket)) {}
  posix::Transfer send_now(const void* data, std::size_t bytes) override {
    return posix::send_now(socket_.get(), data, bytes);
  }
  posix::Transfer receive_now(void* data, std::size_t bytes) override {
    return posix::receive_now(socket_.get(), data, bytes);
  }
  posix::Transfer receive_some(void* data, std::size_t bytes) override {
    return sync::receive_patiently(socket_.get(), data, bytes);
  }
  posix::Readiness wait() override { return posix::wait_for_socket(socket_.get()); }
  int descriptor() const override { return socket_.get(); }
  /// Takes the socket out; the wire is of no use afterwards.
  Owner release() { return std::move(socket_); }

 private:
  Owner socket_;
};

using SocketWire = SocketWireOf<posix::Fd>;
/// One whose end the server must see when this process dies, although children of it live on: over TCP there
/// is nothing else that would tell.
using PrivateSocketWire = SocketWireOf<posix::ForkPrivateFd>;

}  // namespace shmoo::manager
