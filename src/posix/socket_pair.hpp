// Two connected Unix sockets used in one direction, both inherited by fork: a stream of bytes (StreamPair),
// or of whole messages (PacketPair).
//
// Any process and thread may use any call; the kernel synchronises. As everybody who inherited the pair holds
// both ends, nobody's death is an end-of-file.
#pragma once
#include <sys/socket.h>

#include <cstddef>

#include "posix/fd.hpp"
#include "posix/transfer.hpp"

namespace shmoo::posix {

namespace detail {

class SocketPair {
 public:
  /// See wait_ready().
  bool wait_readable(Deadline deadline) const { return wait_ready(read_end_.get(), POLLIN, deadline); }
  bool wait_writable(Deadline deadline) const { return wait_ready(write_end_.get(), POLLOUT, deadline); }

 protected:
  /// Asks for `buffer` bytes of send buffer, of which the kernel makes twice as many; net.core.wmem_max binds
  /// it unless we have CAP_NET_ADMIN.
  SocketPair(int type, std::size_t buffer) {
    int ends[2];
    check(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), "make a socket pair");
    read_end_.reset(ends[0]);
    write_end_.reset(ends[1]);
    const int bytes = static_cast<int>(buffer);
    if (::setsockopt(ends[1], SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) < 0)
      check(::setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes),
            "size a socket's send buffer");
  }

  /// @return what send(2) returns, errno set.
  std::ptrdiff_t send(const Pieces& pieces) const {
    const int fd = write_end_.get();
    constexpr int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    return gather(
        pieces, [fd](const std::byte* data, std::size_t bytes) { return ::send(fd, data, bytes, flags); },
        [fd](auto& vectors) {
          msghdr message{};
          message.msg_iov = vectors.data();
          message.msg_iovlen = vectors.size();
          return ::sendmsg(fd, &message, flags);
        });
  }

  /// @return what recv(2) returns, errno set.
  std::ptrdiff_t receive(const Room& room, int flags) const {
    const int fd = read_end_.get();
    return scatter(
        room, [fd, flags](std::byte* data, std::size_t bytes) { return ::recv(fd, data, bytes, flags); },
        [fd, flags](auto& vectors) {
          msghdr message{};
          message.msg_iov = vectors.data();
          message.msg_iovlen = vectors.size();
          return ::recvmsg(fd, &message, flags);
        });
  }

  Fd read_end_;
  Fd write_end_;
};

}  // namespace detail

/// A stream: the same calls as posix::Pipe.
class StreamPair : public detail::SocketPair {
 public:
  /// A stream socket promises no write to be whole.
  static constexpr std::size_t atomic_bytes = 0;

  /// A send buffer of `capacity` bytes, the kernel's bookkeeping included, where net.core.wmem_max lets it.
  explicit StreamPair(std::size_t capacity) : SocketPair(SOCK_STREAM, capacity / 2) {}

  /// @return bytes written; 0 = there is no room now. Errors: std::system_error (ENOBUFS, EPIPE).
  std::size_t write_now(const Pieces& pieces) const {
    const auto sent = send(pieces);
    if (sent < 0 && errno != EAGAIN) fail("write to a socket");
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }
  /// Waits for at least one byte.
  std::size_t read(const Room& room) const {
    return static_cast<std::size_t>(check(receive(room, 0), "read from a socket"));
  }
  /// Bytes that one read() may bring at most: nothing one could rely on.
  std::size_t capacity() const { return 0; }
  /// Bytes in the socket.
  std::size_t unread() const { return unread_bytes(read_end_.get()); }
  /// As a pipe says it: nobody gives up a read end here.
  bool can_read() const { return true; }
};

/// Whole messages: each is received by one receiver, in one piece.
class PacketPair : public detail::SocketPair {
 public:
  enum class Sent {
    ok,
    no_room,    ///< in the send buffer
    no_memory,  ///< in one piece, as long a message as this wants it; it may come back
    shut
  };

  explicit PacketPair(std::size_t buffer) : SocketPair(SOCK_SEQPACKET, buffer) {}

  /// Errors: std::system_error (EMSGSIZE: longer than longest_message()).
  Sent send_now(const Pieces& message) const {
    if (send(message) >= 0) return Sent::ok;
    if (errno == EAGAIN) return Sent::no_room;
    if (errno == ENOBUFS || errno == ENOMEM) return Sent::no_memory;
    if (errno == EPIPE) return Sent::shut;
    fail("send a message");
  }
  /// Waits for a message. @return its length, cut to the room; 0 = shut and nothing left (or an empty
  /// message, so send none).
  std::size_t receive(const Room& room) const {
    return static_cast<std::size_t>(check(SocketPair::receive(room, 0), "receive a message"));
  }
  /// The same without waiting; false = there is no message now.
  bool receive_now(const Room& room, std::size_t& length) const {
    const auto done = SocketPair::receive(room, MSG_DONTWAIT);
    if (done < 0 && errno == EAGAIN) return false;
    length = static_cast<std::size_t>(check(done, "receive a message"));
    return true;
  }
  /// Ends all sending, in all processes; receivers get what is there, then 0.
  void shut() const { check(::shutdown(write_end_.get(), SHUT_WR), "shut a socket"); }

  /// Bytes of the longest message that a send buffer as granted here lets through (unix(7): the buffer less
  /// the kernel's own 32 bytes).
  std::size_t longest_message() const {
    int buffer = 0;
    socklen_t size = sizeof buffer;
    check(::getsockopt(write_end_.get(), SOL_SOCKET, SO_SNDBUF, &buffer, &size),
          "ask for a send buffer's size");
    return static_cast<std::size_t>(buffer) - 32;
  }
};

}  // namespace shmoo::posix
