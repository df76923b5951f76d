// queue/posix_mq: a POSIX message queue of the kernel, one message per item.
//
// Any process and thread may put and get, without a lock of ours. Made before fork; its name is removed at
// once, so it is gone with its last process. The kernel's limits bind it, and refusal() says which: without
// CAP_SYS_RESOURCE mostly 10 messages of 8 KiB, and RLIMIT_MSGQUEUE over all queues of a user. Bound:
// max_items, else /proc/sys/fs/mqueue/msg_max. Who waits looks up every 50 ms whether the queue was closed.
//
// Death of a peer: nothing waits for it, and no place is lost, since the kernel counts; killed in get, the
// one item that it had received is lost.
#pragma once
#include <algorithm>
#include <system_error>

#include "posix/mapping.hpp"
#include "posix/message_queue.hpp"
#include "share/mechanism.hpp"
#include "share/queue/contract.hpp"
#include "share/queue/places.hpp"

namespace shmoo::queue {

class PosixMqQueue {
 public:
  explicit PosixMqQueue(const Shape& shape)
      : shape_(shape), queue_(messages(shape), std::max<std::size_t>(shape.max_bytes, 1)), places_(0, 0) {}

  Put put(std::span<const std::byte> item, Deadline deadline) {
    check_item(item.size(), shape_);
    for (;;) {
      {
        Places::Attempt attempt(*places_);
        if (attempt.result() == Put::closed) return Put::closed;
        if (queue_.send(item, stretch(deadline))) {
          attempt.keep();
          return Put::ok;
        }
      }
      if (deadline.passed()) return Put::full;
    }
  }

  Got get(std::span<std::byte> buffer, Deadline deadline) {
    check_buffer(buffer.size(), shape_);
    std::byte least;  // the kernel has no queue of empty messages only
    const std::span<std::byte> room = shape_.max_bytes > 0 ? buffer : std::span(&least, 1);
    for (;;) {
      const bool over = places_->is_over();
      if (const auto bytes = queue_.receive(room, over ? posix::Nanoseconds(0) : stretch(deadline)))
        return {Got::ok, *bytes};
      if (over) return {Got::closed};
      if (deadline.passed()) return {Got::empty};
    }
  }

  void close() { places_->close(); }
  /// What was put is in the kernel already.
  void flush() {}
  std::size_t size() const { return queue_.size(); }

  static std::string refusal(const Shape& shape) try {
    const PosixMqQueue can_be_made(shape);
    return "";
  } catch (const std::system_error& error) {
    const auto limits = posix::MessageQueue::limits();
    const std::string asked =
        std::to_string(messages(shape)) + " messages of " + std::to_string(shape.max_bytes) + " bytes: ";
    switch (error.code().value()) {
      case EINVAL:
        return asked + "/proc/sys/fs/mqueue lets " + std::to_string(limits.messages) + " of " +
               std::to_string(limits.message_bytes);
      case EMFILE:
        return asked + "more than the limit on bytes in message queues (ulimit -q) leaves";
      default:
        return asked + error.what();
    }
  }

 private:
  static std::size_t messages(const Shape& shape) {
    return shape.max_items > 0 ? shape.max_items : posix::MessageQueue::limits().messages;
  }
  static posix::Nanoseconds stretch(Deadline deadline) {
    return posix::Nanoseconds(next_look(deadline).left_ns());
  }

  Shape shape_;
  posix::MessageQueue queue_;
  posix::Shared<Places> places_;  // for closing only: the kernel keeps the bound
};

struct PosixMq {
  static constexpr About about{.name = "posix_mq",
                               .summary = "one message of a POSIX message queue per item",
                               .peer_death = "nobody waits for it; the item it had received is lost"};
  using Type = PosixMqQueue;
  static std::string refusal(const Shape& shape) { return Type::refusal(shape); }
};

}  // namespace shmoo::queue
