// futex(2) between processes: no PRIVATE flag, absolute deadlines. The word must lie in memory that the
// processes share.
#pragma once
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdint>

#include "posix/clock.hpp"

namespace shmoo::posix {

using FutexWord = std::atomic<std::uint32_t>;
static_assert(sizeof(FutexWord) == 4 && FutexWord::is_always_lock_free);

/// Sleeps while `word` holds `expected`, until woken or `deadline`. May return early for no reason: check
/// again.
/// @return false when the deadline passed.
inline bool futex_wait(const FutexWord& word, std::uint32_t expected, Deadline deadline = Deadline::never()) {
  if (deadline.is_now()) return false;
  timespec at;
  if (!deadline.is_never()) at = deadline.absolute();
  // WAIT_BITSET takes an absolute CLOCK_MONOTONIC time, so a signal handler in between does not stretch the
  // wait.
  const long result = ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, expected,
                                deadline.is_never() ? nullptr : &at, nullptr, FUTEX_BITSET_MATCH_ANY);
  return !(result < 0 && errno == ETIMEDOUT);
}

/// Wakes up to `count` sleepers. @return how many it woke.
inline int futex_wake(const FutexWord& word, int count = INT_MAX) {
  return static_cast<int>(::syscall(SYS_futex, &word, FUTEX_WAKE, count, nullptr, nullptr, 0));
}

}  // namespace shmoo::posix
