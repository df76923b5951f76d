// A POSIX semaphore of one token: what Python's multiprocessing locks are made of. Recursion stands beside
// the semaphore, as in Python's RLock: who owns it, and how often.
//
// Lives in shared memory (Python: a named semaphore); any process that inherited it may use it. Who finds it
// taken sleeps.
//
// When the holder dies, its token is lost and the lock stays taken for ever: wait with a deadline, or use
// RobustLock. A waiter that is killed between its wake-up and its turn can leave another asleep until the
// next unlock().
#pragma once
#include <semaphore.h>

#include <atomic>
#include <stdexcept>

#include "posix/error.hpp"
#include "posix/thread_id.hpp"
#include "sync/lock.hpp"

namespace shmoo::sync {

class SemaphoreLock {
 public:
  static constexpr std::string_view name = "semaphore";
  static constexpr bool robust = false;
  static constexpr bool checks_owner = true;

  SemaphoreLock() { posix::check(::sem_init(&token_, 1, 1), "make a process-shared semaphore"); }
  SemaphoreLock(const SemaphoreLock&) = delete;
  SemaphoreLock& operator=(const SemaphoreLock&) = delete;

  Taken lock(posix::Deadline deadline = posix::Deadline::never()) {
    const std::uint32_t me = posix::thread_id();
    // Only this thread writes its own id, so a relaxed look is enough to know that it holds the lock.
    if (owner_.load(std::memory_order_relaxed) == me) {
      ++depth_;
      return Taken::taken;
    }
    if (!take(deadline)) return Taken::timed_out;
    owner_.store(me, std::memory_order_relaxed);
    depth_ = 1;
    return Taken::taken;
  }

  void unlock() {
    if (owner_.load(std::memory_order_relaxed) != posix::thread_id())
      throw std::logic_error("unlock of a semaphore lock that this thread does not hold");
    if (--depth_ > 0) return;
    owner_.store(0, std::memory_order_relaxed);
    posix::check(::sem_post(&token_), "give back a semaphore");
  }

 private:
  bool take(posix::Deadline deadline) {
    const int result = posix::retry([&] {
      if (deadline.is_never()) return ::sem_wait(&token_);
      if (deadline.is_now()) return ::sem_trywait(&token_);
      const timespec at = deadline.absolute();
      return ::sem_clockwait(&token_, CLOCK_MONOTONIC, &at);
    });
    if (result == 0) return true;
    if (errno != ETIMEDOUT && errno != EAGAIN) posix::fail("wait for a semaphore");
    return false;
  }

  sem_t token_;
  std::atomic<std::uint32_t> owner_{0};  // thread id, 0 = nobody
  std::uint32_t depth_ = 0;              // the owner's alone
};

static_assert(Lock<SemaphoreLock>);

}  // namespace shmoo::sync
