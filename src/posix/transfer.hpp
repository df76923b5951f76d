// Moving bytes through a descriptor as one piece out of two, and waiting for it. What pipe.hpp and
// socket_pair.hpp share.
#pragma once
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <span>

#include "posix/clock.hpp"
#include "posix/error.hpp"

namespace shmoo::posix {

/// Two stretches of bytes that are written as if they were one.
struct Pieces {
  std::span<const std::byte> head;
  std::span<const std::byte> body;

  std::size_t size() const { return head.size() + body.size(); }
  /// What is left when the first `bytes` are gone.
  Pieces after(std::size_t bytes) const {
    if (bytes < head.size()) return {head.subspan(bytes), body};
    return {{}, body.subspan(bytes - head.size())};
  }
  std::array<iovec, 2> vectors() const {
    // writev(2) does not write through its pointers, its structure merely cannot say so.
    return {iovec{const_cast<std::byte*>(head.data()), head.size()},
            iovec{const_cast<std::byte*>(body.data()), body.size()}};
  }
};

/// Two stretches of memory that are filled one after the other.
struct Room {
  std::span<std::byte> first;
  std::span<std::byte> second;

  std::size_t size() const { return first.size() + second.size(); }
  std::array<iovec, 2> vectors() const {
    return {iovec{first.data(), first.size()}, iovec{second.data(), second.size()}};
  }
};

/// What is cheaper to copy once more than to name in two vectors: those cost a system call some 100 ns.
inline constexpr std::size_t kGathered = 512;

/// Calls write_one(data, bytes) for what is short or one piece anyway, else write_both(vectors).
/// @return what the call returned, errno set.
template <class WriteOne, class WriteBoth>
auto gather(const Pieces& pieces, WriteOne write_one, WriteBoth write_both) {
  if (pieces.body.empty()) return retry([&] { return write_one(pieces.head.data(), pieces.head.size()); });
  if (pieces.size() <= kGathered) {
    std::byte whole[kGathered];
    std::memcpy(whole, pieces.head.data(), pieces.head.size());
    std::memcpy(whole + pieces.head.size(), pieces.body.data(), pieces.body.size());
    return retry([&] { return write_one(whole, pieces.size()); });
  }
  auto vectors = pieces.vectors();
  return retry([&] { return write_both(vectors); });
}

/// The same for reading: read_one(data, bytes) or read_both(vectors).
template <class ReadOne, class ReadBoth>
auto scatter(const Room& room, ReadOne read_one, ReadBoth read_both) {
  if (room.second.empty()) return retry([&] { return read_one(room.first.data(), room.first.size()); });
  if (room.size() <= kGathered) {
    std::byte whole[kGathered];
    const auto done = retry([&] { return read_one(whole, room.size()); });
    if (done > 0) {
      const auto bytes = static_cast<std::size_t>(done);
      const std::size_t first = std::min(bytes, room.first.size());
      std::memcpy(room.first.data(), whole, first);
      std::memcpy(room.second.data(), whole + first, bytes - first);
    }
    return done;
  }
  auto vectors = room.vectors();
  return retry([&] { return read_both(vectors); });
}

/// Waits until `fd` is ready for `events` (POLLIN, POLLOUT) or at its end. @return false when the deadline
/// passed or a signal handler ran: look at your own state and wait again.
inline bool wait_ready(int fd, short events, Deadline deadline) {
  pollfd watched{fd, events, 0};
  return ::poll(&watched, 1, deadline.poll_ms()) > 0;
}

/// Bytes that a reader of `fd` would find now.
inline std::size_t unread_bytes(int fd) {
  int bytes = 0;
  check(::ioctl(fd, FIONREAD, &bytes), "ask for the unread bytes");
  return static_cast<std::size_t>(bytes);
}

}  // namespace shmoo::posix
