// A thread that takes no signals: those of the process stay with the threads that expect them, and a write to
// a pipe without readers is EPIPE for it, never SIGPIPE.
#pragma once
#include <pthread.h>
#include <signal.h>

#include <thread>
#include <utility>

namespace shmoo::posix {

/// Starts `body` on a thread with all signals blocked. The caller joins it. Errors: std::system_error.
template <class Body>
std::thread start_background_thread(Body body) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const struct Restore {
    const sigset_t& mask;
    ~Restore() { ::pthread_sigmask(SIG_SETMASK, &mask, nullptr); }
  } restore{before};
  return std::thread(std::move(body));
}

}  // namespace shmoo::posix
