// The robust pthread mutex: recursive, process-shared, and it survives the death of its holder.
//
// Lives in shared memory; any process that inherited it may use it.
//
// When the holder dies, the kernel hands the lock to the next who asks or already sleeps, and that lock()
// says `inherited`; the lock itself is made consistent at once, so it works on whatever the new holder does
// about the data.
//
// When somebody dies with the wake-up that was meant for him, and a third one took the lock in between, the
// kernel passes it on to nobody: nobody sleeps longer than kGlance without a look.
//
// glibc never spins on a robust mutex, so lock() tries for this process's patience before it sleeps: robust
// and fast.
#pragma once
#include <algorithm>
#include <stdexcept>

#include "sync/lock.hpp"
#include "sync/patience.hpp"
#include "sync/pthread_mutex.hpp"

namespace shmoo::sync {

class RobustLock {
 public:
  static constexpr std::string_view name = "robust";
  static constexpr bool robust = true;
  static constexpr bool checks_owner = true;

  RobustLock() { detail::make_mutex(mutex_, PTHREAD_MUTEX_ROBUST); }
  RobustLock(const RobustLock&) = delete;
  RobustLock& operator=(const RobustLock&) = delete;

  Taken lock(posix::Deadline deadline = posix::Deadline::never()) {
    int result = ::pthread_mutex_trylock(&mutex_);
    if (result == 0) return Taken::taken;
    if (result == EBUSY && !deadline.is_now()) result = wait(deadline);
    switch (result) {
      case 0:
        return Taken::taken;
      case EBUSY:
        return Taken::timed_out;
      case EOWNERDEAD:
        ::pthread_mutex_consistent(&mutex_);
        return Taken::inherited;
      default:
        posix::fail("lock a robust mutex", result);
    }
  }

  void unlock() {
    if (::pthread_mutex_unlock(&mutex_) != 0)
      throw std::logic_error("unlock of a mutex that this thread does not hold");
  }

 private:
  /// Each try takes the line away from the holder, so the pauses between tries grow.
  int wait(posix::Deadline deadline) {
    std::uint32_t left = patience().spins;
    for (std::uint32_t pause = 1; left > 0; pause = std::min(2 * pause, kLongestPause)) {
      const std::uint32_t pauses = std::min(left, pause);
      for (std::uint32_t i = 0; i < pauses; ++i) relax();
      left -= pauses;
      const int result = ::pthread_mutex_trylock(&mutex_);
      if (result != EBUSY) return result;
    }
    for (;;) {
      const bool last =
          !deadline.is_never() && deadline.left_ns() <= std::chrono::nanoseconds(kGlance).count();
      const int result = detail::take(mutex_, last ? deadline : posix::Deadline::in(kGlance));
      if (last || result != EBUSY) return result;
    }
  }

  static constexpr std::uint32_t kLongestPause = 32;
  static constexpr std::chrono::milliseconds kGlance{100};
  pthread_mutex_t mutex_;
};

static_assert(Lock<RobustLock>);

}  // namespace shmoo::sync
