// queue/boost_mq: boost::interprocess::message_queue, a priority queue in named shared memory under a mutex
// and two condition variables, used with one priority.
//
// Any process and thread may put and get; Boost synchronises. Made before fork; the name is removed at once
// and the memory reserved, so it is gone with its last process and no write can meet a full /dev/shm: that is
// told by refusal() and, where it fills up later, as std::system_error (ENOSPC) when the queue is made. All
// items have room in advance: bound max_items exactly, else as many as 16 MiB hold (8 to 1024). Who waits
// looks up every 50 ms whether the queue was closed.
//
// Death of a peer: Boost's mutex is not robust, and a process killed while it waits can leave the condition
// variable such that the next one to signal it waits for ever, with the mutex held. So a process killed
// inside put or get, waiting or not, can hang all others for ever, even in calls with a deadline.
#pragma once
#include <algorithm>
#include <boost/date_time/posix_time/posix_time_types.hpp>
#include <boost/interprocess/ipc/message_queue.hpp>
#include <cerrno>
#include <optional>

#include "posix/error.hpp"
#include "posix/leftovers.hpp"
#include "posix/mapping.hpp"
#include "posix/shm.hpp"
#include "share/boost_segment.hpp"
#include "share/mechanism.hpp"
#include "share/queue/contract.hpp"
#include "share/queue/places.hpp"

namespace shmoo::queue {

class BoostMqQueue {
 public:
  explicit BoostMqQueue(const Shape& shape) : shape_(shape), places_(0, 0) {
    namespace ipc = boost::interprocess;
    if (const std::string reason = refusal(shape); !reason.empty())
      posix::fail("make a Boost message queue: " + reason, ENOSPC);
    const std::string name = posix::unique_name();
    try {
      queue_.emplace(ipc::create_only, name.c_str(), items(shape), item_bytes(shape), ipc::permissions(0600));
    } catch (const ipc::interprocess_exception& error) {
      ipc::message_queue::remove(name.c_str());
      posix::fail(std::string("make a Boost message queue: ") + error.what(),
                  error.get_native_error() ? error.get_native_error() : EINVAL);
    }
    posix::reserve(posix::adopt_shm(name), bytes(shape));
  }

  Put put(std::span<const std::byte> item, Deadline deadline) {
    check_item(item.size(), shape_);
    for (bool first = true;; first = false) {
      {
        Places::Attempt attempt(*places_);
        if (attempt.result() == Put::closed) return Put::closed;
        if (first ? queue_->try_send(item.data(), item.size(), 0)
                  : queue_->timed_send(item.data(), item.size(), 0, at(next_look(deadline)))) {
          attempt.keep();
          return Put::ok;
        }
      }
      if (deadline.passed()) return Put::full;
    }
  }

  Got get(std::span<std::byte> buffer, Deadline deadline) {
    check_buffer(buffer.size(), shape_);
    std::byte least;  // Boost has no queue of empty messages only
    const std::span<std::byte> room = shape_.max_bytes > 0 ? buffer : std::span(&least, 1);
    boost::interprocess::message_queue::size_type length = 0;
    unsigned priority = 0;
    for (bool first = true;; first = false) {
      const bool over = places_->is_over();
      if (first || over
              ? queue_->try_receive(room.data(), room.size(), length, priority)
              : queue_->timed_receive(room.data(), room.size(), length, priority, at(next_look(deadline))))
        return {Got::ok, length};
      if (over) return {Got::closed};
      if (deadline.passed()) return {Got::empty};
    }
  }

  void close() { places_->close(); }
  /// What was put is in shared memory already.
  void flush() {}
  std::size_t size() const { return queue_->get_num_msg(); }

  static std::string refusal(const Shape& shape) { return BoostSegment::refusal(bytes(shape)); }

 private:
  static std::size_t item_bytes(const Shape& shape) { return std::max<std::size_t>(shape.max_bytes, 1); }
  static std::size_t items(const Shape& shape) {
    if (shape.max_items > 0) return shape.max_items;
    return std::clamp<std::size_t>((16 << 20) / item_bytes(shape), 8, 1024);
  }
  /// At least what Boost takes: per item a header, rounding and an index entry; once a header for all.
  static std::size_t bytes(const Shape& shape) { return items(shape) * (item_bytes(shape) + 64) + 4096; }

  /// Boost tells the time by the wall clock; a stretch is short, so that a jump does little harm.
  static boost::posix_time::ptime at(Deadline deadline) {
    return boost::posix_time::microsec_clock::universal_time() +
           boost::posix_time::microseconds((deadline.left_ns() + 999) / 1000);
  }

  Shape shape_;
  std::optional<boost::interprocess::message_queue> queue_;
  posix::Shared<Places> places_;  // for closing only: Boost keeps the bound
};

struct BoostMq {
  static constexpr About about{
      .name = "boost_mq",
      .summary = "boost::interprocess::message_queue in reserved shared memory",
      .peer_death = "a process killed inside put or get can hang all others for ever"};
  using Type = BoostMqQueue;
  /// For tests: not even a killed waiter is survived for certain.
  static constexpr bool survives_killed_waiters = false;
  static std::string refusal(const Shape& shape) { return Type::refusal(shape); }
};

}  // namespace shmoo::queue
