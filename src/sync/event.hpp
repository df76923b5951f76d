// Sleeping until something in shared memory changes: an event count on a futex word.
//
// Lives in shared memory; any number of processes may wait and notify. There is no count of waiters, only a
// flag, so a waiter that is killed costs at most one needless wake-up call and never blocks the others.
#pragma once
#include <atomic>
#include <cstdint>

#include "posix/futex.hpp"
#include "sync/patience.hpp"

namespace shmoo::sync {

class Event {
 public:
  /// Waits until `ready()`: spins for this process's patience, then sleeps. `ready` must read with acquire
  /// order.
  /// @return false when the deadline passed and `ready()` is still false.
  template <class Ready>
  bool wait(Ready ready, posix::Deadline deadline = posix::Deadline::never()) {
    if (ready()) return true;
    if (deadline.is_now()) return false;
    if (spin_until(ready)) return true;
    for (;;) {
      const std::uint32_t key = word_.fetch_or(kSleeping, std::memory_order_seq_cst) | kSleeping;
      // After the flag is up: a notifier that changed the state before is seen here, one that comes later
      // sees the flag.
      if (ready()) return true;
      if (!posix::futex_wait(word_, key, deadline)) return ready();
      if (ready()) return true;
    }
  }

  /// Call after the change that waiters wait for. Costs one fence and one load while nobody sleeps.
  void notify_all() {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (word_.load(std::memory_order_relaxed) & kSleeping) wake();
  }

 private:
  static constexpr std::uint32_t kSleeping = 1;
  void wake() {
    std::uint32_t word = word_.load(std::memory_order_relaxed);
    while ((word & kSleeping) &&
           !word_.compare_exchange_weak(word, (word & ~kSleeping) + 2, std::memory_order_seq_cst)) {
    }
    posix::futex_wake(word_);
  }

  posix::FutexWord word_{0};  // bit 0: somebody may sleep; the rest counts wake-ups
};

}  // namespace shmoo::sync
