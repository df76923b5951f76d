// The plain pthread mutex: recursive, process-shared.
//
// Lives in shared memory; any process that inherited it may use it. glibc does not spin here: who finds it
// taken sleeps.
//
// When the holder dies, the lock stays taken for ever: wait with a deadline, or use RobustLock. A waiter that
// is killed between its wake-up and its turn can leave the others asleep until one more has come and gone.
#pragma once
#include <stdexcept>

#include "sync/lock.hpp"
#include "sync/pthread_mutex.hpp"

namespace shmoo::sync {

class MutexLock {
 public:
  static constexpr std::string_view name = "mutex";
  static constexpr bool robust = false;
  static constexpr bool checks_owner = true;

  MutexLock() { detail::make_mutex(mutex_, PTHREAD_MUTEX_STALLED); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  Taken lock(posix::Deadline deadline = posix::Deadline::never()) {
    return detail::take(mutex_, deadline) == EBUSY ? Taken::timed_out : Taken::taken;
  }

  void unlock() {
    if (::pthread_mutex_unlock(&mutex_) != 0)
      throw std::logic_error("unlock of a mutex that this thread does not hold");
  }

 private:
  pthread_mutex_t mutex_;
};

static_assert(Lock<MutexLock>);

}  // namespace shmoo::sync
