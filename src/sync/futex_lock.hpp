// Our own lock on a futex word: one compare-and-swap while nobody else wants it, spin then sleep when
// somebody does.
//
// Lives in shared memory; any process that inherited it may use it.
//
// The word has three states: free, held, held with sleepers; a held word names its owner, so recursion and
// wrong unlocks are told without a second word.
//
// When the holder dies, the lock stays taken for ever: wait with a deadline, or use RobustLock. When a
// sleeper dies with the wake-up that was meant for all of them, the others notice by themselves: nobody
// sleeps longer than kGlance without a look.
//
// Source: U. Drepper, "Futexes are tricky", with the owner's id in place of the state 1.
#pragma once
#include <stdexcept>

#include "posix/futex.hpp"
#include "posix/thread_id.hpp"
#include "sync/lock.hpp"
#include "sync/patience.hpp"

namespace shmoo::sync {

class FutexLock {
 public:
  static constexpr std::string_view name = "futex";
  static constexpr bool robust = false;
  static constexpr bool checks_owner = true;

  FutexLock() = default;
  FutexLock(const FutexLock&) = delete;
  FutexLock& operator=(const FutexLock&) = delete;

  Taken lock(posix::Deadline deadline = posix::Deadline::never()) {
    const std::uint32_t me = posix::thread_id();
    // Only this thread writes its own id, so a relaxed look is enough to know that it holds the lock.
    if ((word_.load(std::memory_order_relaxed) & kOwner) == me) {
      ++depth_;
      return Taken::taken;
    }
    if (!take(me) && (deadline.is_now() || !wait(me, deadline))) return Taken::timed_out;
    depth_ = 1;
    return Taken::taken;
  }

  void unlock() {
    if ((word_.load(std::memory_order_relaxed) & kOwner) != posix::thread_id())
      throw std::logic_error("unlock of a futex lock that this thread does not hold");
    if (--depth_ == 0 && (word_.exchange(0, std::memory_order_release) & kSleepers))
      posix::futex_wake(word_, 1);
  }

 private:
  static constexpr std::uint32_t kSleepers = 1U << 31;
  static constexpr std::uint32_t kOwner = kSleepers - 1;
  static constexpr std::chrono::milliseconds kGlance{100};

  bool take(std::uint32_t as) {
    std::uint32_t free = 0;
    return word_.load(std::memory_order_relaxed) == free &&
           word_.compare_exchange_strong(free, as, std::memory_order_acquire, std::memory_order_relaxed);
  }

  bool wait(std::uint32_t me, posix::Deadline deadline) {
    if (spin_until([&] { return take(me); })) return true;
    // Who has been in here takes the lock with the mark: others may sleep that it cannot know of.
    while (!take(me | kSleepers)) {
      if (deadline.passed()) return false;
      std::uint32_t seen = word_.load(std::memory_order_relaxed);
      if (seen == 0) continue;
      if (!(seen & kSleepers) &&
          !word_.compare_exchange_strong(seen, seen | kSleepers, std::memory_order_relaxed))
        continue;
      const bool soon =
          !deadline.is_never() && deadline.left_ns() < std::chrono::nanoseconds(kGlance).count();
      posix::futex_wait(word_, seen | kSleepers, soon ? deadline : posix::Deadline::in(kGlance));
    }
    return true;
  }

  posix::FutexWord word_{0};  // 0, or the owner's thread id; kSleepers on top when somebody may sleep
  std::uint32_t depth_ = 0;   // the owner's alone
};

static_assert(Lock<FutexLock>);

}  // namespace shmoo::sync
