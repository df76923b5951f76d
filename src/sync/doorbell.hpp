// Sleeping until a queue has something: like Event, but the side that rings pays no fence, and it can wake
// one.
//
// Lives in shared memory; any number of processes may wait and ring. There is no count of waiters, only a
// flag, so a waiter that is killed costs at most one needless wake-up call. A ringer that is killed between
// publishing and waking, or a woken waiter that is killed before it acts, costs the others one nap: sleepers
// look again by themselves every kNap.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>

#include "posix/futex.hpp"
#include "posix/rest.hpp"
#include "sync/lopsided_fence.hpp"
#include "sync/patience.hpp"

namespace shmoo::sync {

class Doorbell {
 public:
  /// Longest sleep without looking.
  static constexpr posix::Nanoseconds kNap{50'000'000};

  /// Waits until `ready()`, which must read with acquire order: looks for the process's patience, then
  /// sleeps. `rested()` is called after each nap that nobody ended: the place to ask whether somebody died.
  /// @return false when the deadline passed and `ready()` is still false.
  template <class Ready, class Rested>
  bool wait(Ready ready, posix::Deadline deadline, Rested rested) {
    return ready() || (!deadline.is_now() && (look(ready) || sleep(ready, deadline, rested)));
  }
  template <class Ready>
  bool wait(Ready ready, posix::Deadline deadline = posix::Deadline::never()) {
    return wait(ready, deadline, [] {});
  }

  /// The first half of wait(). A process with patience spins. One without may share its CPU with its peers:
  /// it changes places with one that can run, which is cheaper than to be put to sleep and woken by it, and
  /// lets that one work through a whole queue before it is our turn again.
  template <class Ready>
  static bool look(Ready ready) {
    if (patience().spins > 0) return spin_until(ready);
    for (std::uint32_t left = std::max(kTurns, patience().yields); left > 0; --left) {
      posix::yield();
      if (ready()) return true;
    }
    return false;
  }

  /// The second half of wait().
  template <class Ready, class Rested>
  bool sleep(Ready ready, posix::Deadline deadline, Rested rested) {
    for (;;) {
      const std::uint32_t key = word_.fetch_or(kSleeping, std::memory_order_seq_cst) | kSleeping;
      fence_.heavy();
      // A ringer that published before the fence is seen here; one that publishes later sees the flag.
      if (ready()) return true;
      const bool last = !deadline.is_never() && deadline.left_ns() <= kNap.count();
      const bool woken = posix::futex_wait(word_, key, last ? deadline : posix::Deadline::in(kNap));
      if (ready()) return true;
      if (woken) continue;
      if (last) return false;
      rested();
    }
  }

  /// Wakes one sleeper, if there is any. Call it after the change that waiters wait for, once per change that
  /// lets one of them go on.
  void ring_one() {
    fence_.light();
    if (word_.load(std::memory_order_relaxed) & kSleeping) [[unlikely]]
      wake_one();
  }
  /// Wakes all sleepers; also the better call where there can be but one.
  void ring_all() {
    fence_.light();
    if (word_.load(std::memory_order_relaxed) & kSleeping) [[unlikely]]
      wake_all();
  }
  /// Whether somebody may be asleep. A hint, without order: for passing a wake-up on.
  bool has_sleepers() const { return (word_.load(std::memory_order_relaxed) & kSleeping) != 0; }

 private:
  static constexpr std::uint32_t kSleeping = 1;
  static constexpr std::uint32_t kTurns = 2;

  [[gnu::noinline]] void wake_one() {
    // The flag stays up while there was somebody to wake: others may still sleep.
    word_.fetch_add(2, std::memory_order_seq_cst);
    if (posix::futex_wake(word_, 1) == 0) wake_all();
  }

  [[gnu::noinline]] void wake_all() {
    // Down before the call: who lies down after it finds the word changed and gets up again.
    std::uint32_t word = word_.load(std::memory_order_relaxed);
    while (!word_.compare_exchange_weak(word, (word & ~kSleeping) + 2, std::memory_order_seq_cst)) {
    }
    posix::futex_wake(word_);
  }

  posix::FutexWord word_{0};  // bit 0: somebody may sleep; the rest counts wake-ups
  LopsidedFence fence_;
};

}  // namespace shmoo::sync
