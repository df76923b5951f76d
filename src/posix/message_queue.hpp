// A POSIX message queue that has no name any more: inherited by fork, gone with its last process.
//
// Any process and thread may use any call; the kernel synchronises, and keeps no trace of a process that dies
// while it waits. Times are given to the kernel on CLOCK_REALTIME, which may jump: callers wait in short
// stretches and look at their own clock in between.
#pragma once
#include <mqueue.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "posix/clock.hpp"

namespace shmoo::posix {

class MessageQueue {
 public:
  /// The machine's limits for processes without CAP_SYS_RESOURCE.
  struct Limits {
    std::size_t messages = 10;         ///< /proc/sys/fs/mqueue/msg_max
    std::size_t message_bytes = 8192;  ///< /proc/sys/fs/mqueue/msgsize_max
  };
  static Limits limits();

  /// Errors: std::system_error (EINVAL: beyond the limits; EMFILE: beyond RLIMIT_MSGQUEUE; ENOSPC: too many
  /// queues on this machine; ENOSYS: a kernel without queues).
  MessageQueue(std::size_t messages, std::size_t message_bytes);
  MessageQueue(const MessageQueue&) = delete;
  MessageQueue& operator=(const MessageQueue&) = delete;
  ~MessageQueue();

  /// Waits for room for `wait` at most. @return false when there was none.
  bool send(std::span<const std::byte> message, Nanoseconds wait) const;
  /// Waits for a message for `wait` at most; `buffer` must hold the longest. @return its length; nothing when
  /// there was none.
  std::optional<std::size_t> receive(std::span<std::byte> buffer, Nanoseconds wait) const;
  /// Messages in the queue.
  std::size_t size() const;

 private:
  mqd_t queue_;
};

}  // namespace shmoo::posix
