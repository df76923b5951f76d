// A lock that looks again and again: the shortest hand-over there is, paid for with CPU time.
//
// Lives in shared memory; any process that inherited it may use it. Looks without writing for this process's
// patience; then the holder may well wait for the very CPU that the looker burns (two pure spinners on one
// CPU take a scheduler slice per hand-over), so it yields a few times, then naps for longer and longer
// between looks.
//
// When the holder dies, the lock stays taken for ever: wait with a deadline, or use RobustLock. A waiter's
// death harms nobody.
#pragma once
#include <algorithm>
#include <atomic>
#include <stdexcept>

#include "posix/rest.hpp"
#include "posix/thread_id.hpp"
#include "sync/lock.hpp"
#include "sync/patience.hpp"

namespace shmoo::sync {

class SpinLock {
 public:
  static constexpr std::string_view name = "spin";
  static constexpr bool robust = false;
  static constexpr bool checks_owner = true;

  SpinLock() = default;
  SpinLock(const SpinLock&) = delete;
  SpinLock& operator=(const SpinLock&) = delete;

  Taken lock(posix::Deadline deadline = posix::Deadline::never()) {
    const std::uint32_t me = posix::thread_id();
    // Only this thread writes its own id, so a relaxed look is enough to know that it holds the lock.
    if (owner_.load(std::memory_order_relaxed) == me) {
      ++depth_;
      return Taken::taken;
    }
    if (!take(me) && (deadline.is_now() || !wait(me, deadline))) return Taken::timed_out;
    depth_ = 1;
    return Taken::taken;
  }

  void unlock() {
    if (owner_.load(std::memory_order_relaxed) != posix::thread_id())
      throw std::logic_error("unlock of a spin lock that this thread does not hold");
    if (--depth_ == 0) owner_.store(0, std::memory_order_release);
  }

 private:
  static constexpr int kYields = 8;
  static constexpr std::chrono::microseconds kFirstNap{10};
  static constexpr std::chrono::microseconds kLongestNap{320};

  bool take(std::uint32_t me) {
    std::uint32_t free = 0;
    return owner_.load(std::memory_order_relaxed) == free &&
           owner_.compare_exchange_strong(free, me, std::memory_order_acquire, std::memory_order_relaxed);
  }

  bool wait(std::uint32_t me, posix::Deadline deadline) {
    if (spin_until([&] { return take(me); })) return true;
    auto nap = kFirstNap;
    for (int looks = 0; !take(me); ++looks) {
      if (deadline.passed()) return false;
      if (looks < kYields) {
        posix::yield();
      } else {
        posix::nap(nap);
        nap = std::min(2 * nap, kLongestNap);
      }
    }
    return true;
  }

  std::atomic<std::uint32_t> owner_{0};  // thread id, 0 = free
  std::uint32_t depth_ = 0;              // the owner's alone
};

static_assert(Lock<SpinLock>);

}  // namespace shmoo::sync
