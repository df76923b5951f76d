// A pipe whose write end never blocks and whose read end does, both inherited by fork.
//
// Any process and thread may use any call; the kernel synchronises, and writes of up to `atomic_bytes` never
// mix with others. Nothing is said about the death of a peer, since whoever inherited the pipe holds both
// ends: end-of-file and EPIPE come when all of them have closed the other end.
#pragma once
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "posix/fd.hpp"
#include "posix/transfer.hpp"

namespace shmoo::posix {

class Pipe {
 public:
  /// Up to so many bytes are written all or not at all, and unmixed.
  static constexpr std::size_t atomic_bytes = PIPE_BUF;

  /// Asks for `capacity` bytes and takes what the kernel grants (fs.pipe-max-size, fs.pipe-user-pages-soft).
  /// Errors: std::system_error (EMFILE, ENFILE).
  explicit Pipe(std::size_t capacity) {
    int ends[2];
    check(::pipe2(ends, O_CLOEXEC), "make a pipe");
    read_end_.reset(ends[0]);
    write_end_.reset(ends[1]);
    check(::fcntl(ends[1], F_SETFL, O_NONBLOCK), "make a pipe's write end non-blocking");
    for (; capacity > (64 << 10); capacity /= 2)
      if (::fcntl(ends[1], F_SETPIPE_SZ, static_cast<int>(capacity)) >= 0) break;
  }

  /// @return bytes written; 0 = there is no room now. Errors: std::system_error (EPIPE: nobody can read any
  /// more; SIGPIPE comes with it unless blocked).
  std::size_t write_now(const Pieces& pieces) const {
    const int fd = write_end_.get();
    const auto written = gather(
        pieces, [fd](const std::byte* data, std::size_t bytes) { return ::write(fd, data, bytes); },
        [fd](auto& vectors) { return ::writev(fd, vectors.data(), 2); });
    if (written >= 0) return static_cast<std::size_t>(written);
    if (errno == EAGAIN) return 0;
    fail("write to a pipe");
  }

  /// Waits for at least one byte. @return bytes read; 0 = the pipe is at its end.
  std::size_t read(const Room& room) const {
    const int fd = read_end_.get();
    const auto done = scatter(
        room, [fd](std::byte* data, std::size_t bytes) { return ::read(fd, data, bytes); },
        [fd](auto& vectors) { return ::readv(fd, vectors.data(), 2); });
    return static_cast<std::size_t>(check(done, "read from a pipe"));
  }

  /// See wait_ready().
  bool wait_readable(Deadline deadline) const { return wait_ready(read_end_.get(), POLLIN, deadline); }
  bool wait_writable(Deadline deadline) const { return wait_ready(write_end_.get(), POLLOUT, deadline); }
  /// Bytes that fit, and so the most that one read() brings.
  std::size_t capacity() const {
    return static_cast<std::size_t>(check(::fcntl(read_end_.get(), F_GETPIPE_SZ), "ask for a pipe's size"));
  }
  /// Bytes in the pipe.
  std::size_t unread() const { return unread_bytes(read_end_.get()); }
  /// Gives up this process's read end: when all have, writes end in EPIPE. Another thread may be in the
  /// middle of a call: the descriptor's number goes on to mean something of ours, the write end, and reading
  /// from it is an error.
  void close_read_end() {
    can_read_.store(false, std::memory_order_release);
    ::dup3(write_end_.get(), read_end_.get(), O_CLOEXEC);
  }
  /// Whether this process still has its read end.
  bool can_read() const { return can_read_.load(std::memory_order_acquire); }

 private:
  Fd read_end_;
  Fd write_end_;
  std::atomic<bool> can_read_{true};
};

}  // namespace shmoo::posix
