// queue/locked_ring: records of any size in a ring of bytes, under one robust lock.
//
// The plain way, done with care: a lock that survives its holder, room for what an item really is long, and
// sleepers that are woken one by one. A record is an 8-byte length and the item, padded to 8 bytes; one that
// does not fit before the end of the ring begins anew at its start, and a mark says so. Positions are
// published last, by one store each.
//
// Any thread of any process may call anything at any time; the lock synchronises, copying included. Lifetime:
// the handle owns the mapping; children inherit it.
// Death in the middle of a put or get: the next who takes the lock counts anew what lies between the
// positions and goes on. An item half put is not in the queue, an item half got still is. Somebody stopped
// while holding the lock holds up all others; a call with a deadline ends at it, one that only tries after a
// second.
#pragma once
#include <atomic>

#include "posix/mapping.hpp"
#include "share/queue/slots.hpp"
#include "sync/doorbell.hpp"
#include "sync/robust_lock.hpp"

namespace shmoo::queue {

class LockedRingQueue {
 public:
  explicit LockedRingQueue(const Shape& shape)
      : shape_(shape),
        capacity_(capacity_for(shape)),
        most_(shape.max_items > 0 ? shape.max_items : std::numeric_limits<std::size_t>::max()),
        control_(capacity_),
        ring_(control_.tail()) {}

  Put put(std::span<const std::byte> item, Deadline deadline) {
    check_item(item.size(), shape_);
    Control& c = *control_;
    const auto look = [&] { return c.closed.load(std::memory_order_acquire) || is_room(); };
    do {
      const Holder holder(*this, deadline);
      if (!holder.holds()) return Put::full;
      if (c.closed.load(std::memory_order_relaxed)) return Put::closed;
      if (!is_room()) continue;
      append(item);
      c.filled.ring_one();
      if (c.freed.has_sleepers() && is_room()) c.freed.ring_one();
      return Put::ok;
    } while (c.freed.wait(look, deadline));
    return Put::full;
  }

  Got get(std::span<std::byte> buffer, Deadline deadline) {
    check_buffer(buffer.size(), shape_);
    Control& c = *control_;
    const auto look = [&] { return c.closed.load(std::memory_order_acquire) || size() > 0; };
    do {
      const Holder holder(*this, deadline);
      if (!holder.holds()) return {Got::empty};
      if (size() > 0) {
        const std::size_t bytes = remove(buffer);
        c.freed.ring_one();
        if (c.filled.has_sleepers() && size() > 0) c.filled.ring_one();
        return {Got::ok, bytes};
      }
      if (c.closed.load(std::memory_order_relaxed)) return {Got::closed};
    } while (c.filled.wait(look, deadline));
    return {Got::empty};
  }

  void close() {
    Control& c = *control_;
    {
      // Under the lock, so that no put which saw the queue open ends after a get which saw it closed.
      const Holder holder(*this, Deadline::never());
      c.closed.store(true, std::memory_order_seq_cst);
    }
    c.filled.ring_all();
    c.freed.ring_all();
  }
  void flush() {}
  std::size_t size() const { return control_->items.load(std::memory_order_acquire); }

 private:
  using Length = std::uint64_t;
  static constexpr Length kBeginAnew = std::numeric_limits<Length>::max();

  struct Control {
    alignas(posix::kPad) sync::RobustLock lock;
    // Bytes put and got since the start, in records with their padding; what lies between them is whole.
    std::atomic<std::uint64_t> tail{0};
    std::atomic<std::uint64_t> head{0};
    std::atomic<std::size_t> items{0};
    std::atomic<bool> closed{false};
    alignas(posix::kPad) sync::Doorbell filled;
    alignas(posix::kPad) sync::Doorbell freed;
  };

  /// Holds the lock for a scope, and puts right what a dead holder left.
  class Holder {
   public:
    Holder(LockedRingQueue& queue, Deadline deadline) : lock_(queue.control_->lock) {
      // Who only tries waits for a copy under way too: the queue is neither full nor empty because of it.
      const sync::Taken taken =
          lock_.lock(deadline.is_now() ? Deadline::in(std::chrono::seconds(1)) : deadline);
      holds_ = taken != sync::Taken::timed_out;
      if (taken == sync::Taken::inherited) queue.count_anew();
    }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;
    ~Holder() {
      if (holds_) lock_.unlock();
    }
    bool holds() const { return holds_; }

   private:
    sync::RobustLock& lock_;
    bool holds_;
  };

  static std::size_t record_bytes(std::size_t item) { return sizeof(Length) + (item + 7) / 8 * 8; }

  /// max_items of the longest records and one more, which is what padding can cost; or, when the bound is
  /// ours, 1024 records of the longest kind within 1 MiB, but never less than 8.
  static std::size_t capacity_for(const Shape& shape) {
    const std::size_t record = record_bytes(shape.max_bytes);
    const std::size_t items =
        shape.max_items > 0 ? shape.max_items : std::clamp<std::size_t>((1 << 20) / record, 8, 1024);
    return (items + 1) * record;
  }

  Length& length_at(std::uint64_t position) const {
    return *reinterpret_cast<Length*>(ring_ + position % capacity_);
  }
  std::size_t room_to_end(std::uint64_t position) const { return capacity_ - position % capacity_; }

  /// What a put of so many bytes takes, with the padding before it.
  std::uint64_t need(std::uint64_t tail, std::size_t bytes) const {
    const std::size_t record = record_bytes(bytes);
    return record <= room_to_end(tail) ? record : room_to_end(tail) + record;
  }

  /// For the longest item, whatever the next one is: so whoever is woken can go on.
  bool is_room() const {
    const Control& c = *control_;
    const std::uint64_t tail = c.tail.load(std::memory_order_acquire);
    const std::uint64_t used = tail - c.head.load(std::memory_order_acquire);
    return size() < most_ && used + need(tail, shape_.max_bytes) <= capacity_;
  }

  void append(std::span<const std::byte> item) {
    Control& c = *control_;
    std::uint64_t tail = c.tail.load(std::memory_order_relaxed);
    const std::uint64_t end = tail + need(tail, item.size());
    if (record_bytes(item.size()) > room_to_end(tail)) {
      length_at(tail) = kBeginAnew;
      tail += room_to_end(tail);
    }
    length_at(tail) = item.size();
    copy_item(reinterpret_cast<std::byte*>(&length_at(tail)) + sizeof(Length), item.data(), item.size());
    c.tail.store(end, std::memory_order_release);
    c.items.store(size() + 1, std::memory_order_release);
  }

  std::size_t remove(std::span<std::byte> buffer) {
    Control& c = *control_;
    std::uint64_t head = c.head.load(std::memory_order_relaxed);
    if (length_at(head) == kBeginAnew) head += room_to_end(head);
    const std::size_t bytes = length_at(head);
    copy_item(buffer.data(), reinterpret_cast<std::byte*>(&length_at(head)) + sizeof(Length), bytes);
    c.head.store(head + record_bytes(bytes), std::memory_order_release);
    c.items.store(size() - 1, std::memory_order_release);
    return bytes;
  }

  /// The holder before died: the positions are right, the number of items between them may not be.
  void count_anew() {
    Control& c = *control_;
    std::size_t items = 0;
    const std::uint64_t tail = c.tail.load(std::memory_order_relaxed);
    for (std::uint64_t at = c.head.load(std::memory_order_relaxed); at != tail; ++items) {
      if (length_at(at) == kBeginAnew) at += room_to_end(at);
      at += record_bytes(length_at(at));
    }
    c.items.store(items, std::memory_order_release);
    // Whom the dead would have woken.
    c.filled.ring_all();
    c.freed.ring_all();
  }

  const Shape shape_;
  const std::size_t capacity_;
  const std::size_t most_;
  posix::Shared<Control> control_;  // the ring follows it
  std::byte* const ring_;
};

struct LockedRing {
  static constexpr About about{
      .name = "locked_ring",
      .summary = "ring of variable records under a robust lock, sleepers woken one by one",
      .peer_death = "the next holder goes on: an item half put is not there, an item half got still is",
      .patient = true};
  using Type = LockedRingQueue;
  static std::string refusal(const Shape&) { return ""; }
};

}  // namespace shmoo::queue
