// How the bytes of one connection travel: what both ends of every transport look like to the frames above.
//
// Belongs to one thread. The other end's being gone is a result (`ended`); all else that fails is
// std::system_error.
#pragma once
#include <cstddef>
#include <utility>

#include "posix/fd.hpp"
#include "posix/socket.hpp"

namespace shmoo::manager {

class Wire {
 public:
  virtual ~Wire() = default;
  /// Moves what can be moved without waiting.
  virtual posix::Transfer send_now(const void* data, std::size_t bytes) = 0;
  virtual posix::Transfer receive_now(void* data, std::size_t bytes) = 0;
  /// Waits for at least one byte or the end.
  virtual posix::Transfer receive_some(void* data, std::size_t bytes) = 0;
  /// Waits until bytes can be received or sent, or the other end is gone (which counts as both).
  virtual posix::Readiness wait() = 0;
  /// For a loop to watch, and to ask whether the other end has left.
  virtual int descriptor() const = 0;
};

/// A stream socket, of whichever family.
class SocketWire final : public Wire {
 public:
  explicit SocketWire(posix::Fd socket) : socket_(std::move(socket)) {}
  posix::Transfer send_now(const void* data, std::size_t bytes) override {
    return posix::send_now(socket_.get(), data, bytes);
  }
  posix::Transfer receive_now(void* data, std::size_t bytes) override {
    return posix::receive_now(socket_.get(), data, bytes);
  }
  posix::Transfer receive_some(void* data, std::size_t bytes) override {
    return posix::receive_some(socket_.get(), data, bytes);
  }
  posix::Readiness wait() override { return posix::wait_for_socket(socket_.get()); }
  int descriptor() const override { return socket_.get(); }

 private:
  posix::Fd socket_;
};

}  // namespace shmoo::manager
