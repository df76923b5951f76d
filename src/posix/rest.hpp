// Giving up the CPU for a moment, for loops that look at shared memory.
#pragma once
#include <sched.h>
#include <time.h>

#include "posix/clock.hpp"

namespace shmoo::posix {

/// Lets another runnable thread of this CPU go first; returns at once where there is none.
inline void yield() {
  ::sched_yield();
}

/// Sleeps for about `wait` (the kernel adds its timer slack, 50 us by default). A signal handler may cut it
/// short.
inline void nap(Nanoseconds wait) {
  const timespec span{wait.count() / 1'000'000'000, wait.count() % 1'000'000'000};
  ::clock_nanosleep(CLOCK_MONOTONIC, 0, &span, nullptr);
}

}  // namespace shmoo::posix
