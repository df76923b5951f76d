// The places of a queue: how many are taken, whether the queue is closed, and whether anybody is between
// taking a place and filling it. What the queues that the kernel or a library carries have in common.
//
// Lives in shared memory; any process may call anything. A place is taken before an item is put and left when
// it has been got, so no more than `max_items` are ever in the queue.
//
// Death of a peer: waiting for room costs nothing. Who dies between taking a place and putting the item, or
// between getting it and leaving the place, keeps that place: size() counts it and one item fewer fits. A
// queue that can tell what happened gives it back.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "posix/mapping.hpp"
#include "posix/rest.hpp"
#include "share/queue/contract.hpp"
#include "sync/claim_board.hpp"
#include "sync/doorbell.hpp"

namespace shmoo::queue {

class Places {
 public:
  /// 0 = as many as one likes.
  explicit Places(std::size_t max_items) : max_(max_items) {}

  /// Waits until there is room or the queue is closed; `rested` runs every now and then. @return false when
  /// the deadline passed.
  template <class Rested>
  bool wait_for_room(Deadline deadline, Rested rested) {
    return max_ == 0 || room_.wait([this] { return closed() || has_room(); }, deadline, rested);
  }
  bool wait_for_room(Deadline deadline) {
    return wait_for_room(deadline, [] {});
  }

  /// Somebody is putting, for as long as it lives: see somebody_puts().
  class Presence {
   public:
    explicit Presence(Places& places) : places_(places) { places_.board_.announce(kPutting); }
    Presence(const Presence&) = delete;
    Presence& operator=(const Presence&) = delete;
    ~Presence() { places_.board_.announce(kElsewhere); }

   protected:
    Places& places_;
  };

  /// Takes a place for as long as it lives, and for good when keep() was called.
  class Attempt : Presence {
   public:
    // Present before the place is taken: who sees the queue closed after that sees both.
    explicit Attempt(Places& places) : Presence(places), result_(places.take()) {}
    ~Attempt() {
      if (result_ == Put::ok && !kept_) places_.give_back(1);
    }
    /// ok: the place is ours. full, closed: it is not.
    Put result() const { return result_; }
    /// The place has an item now (or somebody else sees to it).
    void keep() { kept_ = true; }

   private:
    Put result_;
    bool kept_ = false;
  };

  /// Gives back places whose items never came.
  void give_back(std::size_t count) {
    taken_.fetch_sub(count, std::memory_order_acq_rel);
    if (max_ > 0) room_.ring_all();
  }
  /// An item has been got.
  void leave() {
    left_.fetch_add(1, std::memory_order_release);
    if (max_ > 0) room_.ring_all();
  }
  /// So many items have been got in all: for a queue that lets one getter in at a time and counts them
  /// itself.
  void leave_up_to(std::uint64_t count) {
    left_.store(count, std::memory_order_release);
    if (max_ > 0) room_.ring_all();
  }

  /// No place can be taken from now on.
  void close() {
    taken_.fetch_or(kClosed, std::memory_order_acq_rel);
    closed_.store(true, std::memory_order_release);
    room_.ring_all();
  }
  bool closed() const { return closed_.load(std::memory_order_acquire); }

  /// Whether a living process is inside a Presence or an Attempt. When this is false after closed() was true,
  /// no further item will come: look once more for one, then it is the end. Makes system calls.
  bool somebody_puts() const { return board_.is_held(kPutting); }

  /// Whether the queue is closed and nobody puts any more, for queues whose putters wait for room inside the
  /// kernel or a library: they look up once a nap, and get that time before a getter makes room for them.
  bool is_over() const {
    if (!closed()) return false;
    for (const auto deadline = Deadline::in(2 * sync::Doorbell::kNap); somebody_puts();) {
      if (deadline.passed()) return false;
      posix::nap(posix::Nanoseconds(1'000'000));
    }
    return true;
  }

  std::size_t size() const {
    const std::uint64_t left = left_.load(std::memory_order_acquire);
    const std::uint64_t taken = taken_.load(std::memory_order_acquire) & ~kClosed;
    return taken > left ? static_cast<std::size_t>(taken - left) : 0;
  }

 private:
  static constexpr std::uint64_t kClosed = std::uint64_t{1} << 63;
  static constexpr std::uint64_t kPutting = 1;
  static constexpr std::uint64_t kElsewhere = 2;

  bool has_room() const {
    const std::uint64_t left = left_.load(std::memory_order_acquire);
    return (taken_.load(std::memory_order_acquire) & ~kClosed) < left + max_;
  }

  Put take() {
    if (max_ == 0) {
      if (!(taken_.fetch_add(1, std::memory_order_acq_rel) & kClosed)) return Put::ok;
      taken_.fetch_sub(1, std::memory_order_acq_rel);
      return Put::closed;
    }
    std::uint64_t taken = taken_.load(std::memory_order_acquire);
    do {
      if (taken & kClosed) return Put::closed;
      if (taken >= left_.load(std::memory_order_acquire) + max_) return Put::full;
    } while (!taken_.compare_exchange_weak(taken, taken + 1, std::memory_order_acq_rel));
    return Put::ok;
  }

  alignas(posix::kPad) std::atomic<std::uint64_t> taken_{0};  // written by putters; the top bit = closed
  alignas(posix::kPad) std::atomic<std::uint64_t> left_{0};   // written by getters
  alignas(posix::kPad) std::atomic<bool> closed_{false};      // hardly ever written: read by both
  const std::uint64_t max_;
  sync::Doorbell room_;
  sync::ClaimBoard board_;
};

/// How long to wait for a lock that others hold only for moments, when the call itself may not wait: a put or
/// get that need not wait for the queue must not fail because somebody else is in the middle of one.
inline Deadline moments() {
  return Deadline::in(posix::Nanoseconds(10'000'000));
}

/// The part of `deadline` that one may sleep without looking whether the queue was closed or a peer died.
inline Deadline next_look(Deadline deadline, posix::Nanoseconds look = sync::Doorbell::kNap) {
  return deadline.is_never() || deadline.left_ns() > look.count() ? Deadline::in(look) : deadline;
}

}  // namespace shmoo::queue
