// A time with a descriptor: readable (poll) once it has come. Cheaper than a time-out of each wait where the
// time is seldom set.
//
// One thread at a time.
#pragma once
#include <sys/timerfd.h>

#include <cstdint>

#include "posix/error.hpp"
#include "posix/fd.hpp"

namespace shmoo::posix {

/// A descriptor for set_timer(). Errors: std::system_error.
inline Fd make_timer() {
  return Fd(check(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), "make a timer"));
}

/// Makes `timer` readable when CLOCK_MONOTONIC is at `at_ns`, now if that has passed; until then it is not.
inline void set_timer(const Fd& timer, std::int64_t at_ns) {
  itimerspec when{};
  if (at_ns < 1) at_ns = 1;  // 0 would mean never
  when.it_value = {at_ns / 1'000'000'000, at_ns % 1'000'000'000};
  check(::timerfd_settime(timer.get(), TFD_TIMER_ABSTIME, &when, nullptr), "set a timer");
}

}  // namespace shmoo::posix
