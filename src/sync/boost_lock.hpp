// Boost's interprocess_recursive_mutex, as it is.
//
// Lives in shared memory; any process that inherited it may use it. On Linux it is a pthread mutex.
//
// Its timed wait runs on the wall clock: setting that clock back makes a wait with a deadline longer. It does
// not tell a wrong unlock(): an assertion of Boost's in builds with assertions, without effect in others.
//
// When the holder dies, the lock stays taken for ever: wait with a deadline, or use RobustLock. A waiter that
// is killed between its wake-up and its turn can leave the others asleep until one more has come and gone.
#pragma once
#include <boost/interprocess/sync/interprocess_recursive_mutex.hpp>
#include <new>

#include "sync/lock.hpp"

namespace shmoo::sync {

class BoostLock {
 public:
  static constexpr std::string_view name = "boost";
  static constexpr bool robust = false;
  static constexpr bool checks_owner = false;

  BoostLock() { new (storage_) Mutex; }
  BoostLock(const BoostLock&) = delete;
  BoostLock& operator=(const BoostLock&) = delete;

  Taken lock() {
    mutex().lock();
    return Taken::taken;
  }
  Taken lock(posix::Deadline deadline) {
    if (deadline.is_never()) return lock();
    return mutex().try_lock() || (!deadline.is_now() && lock_until(deadline)) ? Taken::taken
                                                                              : Taken::timed_out;
  }

  void unlock() { mutex().unlock(); }

 private:
  using Mutex = boost::interprocess::interprocess_recursive_mutex;

  Mutex& mutex() { return *std::launder(reinterpret_cast<Mutex*>(storage_)); }
  bool lock_until(posix::Deadline deadline);

  // Bytes, so that the destructor is trivial: nobody is the last to leave a shared object.
  alignas(Mutex) std::byte storage_[sizeof(Mutex)];
};

static_assert(Lock<BoostLock>);

}  // namespace shmoo::sync
