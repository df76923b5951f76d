// What the pthread kinds of lock share: making the mutex, and taking it until a deadline.
#pragma once
#include <pthread.h>

#include <cerrno>

#include "posix/clock.hpp"
#include "posix/error.hpp"
#include "posix/rest.hpp"

namespace shmoo::sync::detail {

/// Makes a recursive, process-shared mutex. `robustness`: PTHREAD_MUTEX_STALLED or PTHREAD_MUTEX_ROBUST.
inline void make_mutex(pthread_mutex_t& mutex, int robustness) {
  pthread_mutexattr_t kind;
  ::pthread_mutexattr_init(&kind);
  ::pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE);
  ::pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
  ::pthread_mutexattr_setrobust(&kind, robustness);
  const int error = ::pthread_mutex_init(&mutex, &kind);
  ::pthread_mutexattr_destroy(&kind);
  if (error) posix::fail("make a process-shared mutex", error);
}

inline int take_until(pthread_mutex_t& mutex, posix::Deadline deadline) {
#ifdef __SANITIZE_THREAD__
  // g++ 12's sanitizer takes pthread_mutex_clocklock() for no lock at all, and pthread_mutex_timedlock() for
  // none when the owner has died.
  for (;;) {
    const int error = ::pthread_mutex_trylock(&mutex);
    if (error != EBUSY || deadline.passed()) return error;
    posix::nap(std::chrono::milliseconds(1));
  }
#else
  const timespec at = deadline.absolute();
  return ::pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &at);
#endif
}

/// @return 0, EOWNERDEAD, or EBUSY when the deadline passed. Errors: std::system_error.
inline int take(pthread_mutex_t& mutex, posix::Deadline deadline) {
  int error;
  if (deadline.is_never()) {
    error = ::pthread_mutex_lock(&mutex);
  } else if (deadline.is_now()) {
    error = ::pthread_mutex_trylock(&mutex);
  } else {
    error = take_until(mutex, deadline);
  }
  if (error == ETIMEDOUT) return EBUSY;
  if (error != 0 && error != EBUSY && error != EOWNERDEAD) posix::fail("lock a process-shared mutex", error);
  return error;
}

}  // namespace shmoo::sync::detail
