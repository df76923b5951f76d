// How long a process spins before it sleeps. One setting per process, inherited by fork; every mechanism that
// waits asks it. Source: competitive spinning (spin for what a sleep and wake-up would cost, then sleep) is
// never worse than twice the best.
#pragma once
#include <atomic>
#include <cstdint>

#include "posix/rest.hpp"

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace shmoo::sync {

/// Tells the CPU that this is a spin loop.
inline void relax() {
#if defined(__x86_64__) || defined(__i386__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#else
  std::atomic_signal_fence(std::memory_order_seq_cst);
#endif
}

/// Looks closely for a moment, less than a microsecond: for one who alone waits for an answer that comes
/// after a few dozen nanoseconds, where PAUSE would be a good part of them. LFENCE lets no load run ahead of
/// the look, so the core has nothing to take back when the line changes, and leaves its units to a sibling
/// meanwhile; the bare loop is slower where the two share a core. Elsewhere the same as some spins.
template <class Ready>
inline bool look_closely(Ready ready) {
  constexpr int kLooks = 64;
  for (int left = kLooks; left > 0; --left) {
    if (ready()) return true;
#if defined(__x86_64__)
    _mm_lfence();
#else
    relax();
#endif
  }
  return false;
}

struct Patience {
  /// How often to look again before sleeping. 0 = sleep at once, which is right as soon as peers may share a
  /// CPU.
  std::uint32_t spins = 0;
  /// How often to give up the CPU and look again, after that and before sleeping.
  std::uint32_t yields = 0;
};

/// The setting of this process. Set it before other threads or processes use it; children inherit it.
inline Patience& patience() {
  static Patience current;
  return current;
}

/// How many spins take `ns` nanoseconds here: measured once per process tree (PAUSE is 40 to 140 cycles, by
/// machine).
std::uint32_t spins_for(std::int64_t ns);

/// Looks until `ready()` or the process's patience is at its end. @return whether `ready()` said true.
template <class Ready>
inline bool spin_until(Ready ready) {
  for (std::uint32_t left = patience().spins;; --left) {
    if (ready()) return true;
    if (left == 0) break;
    relax();
  }
  for (std::uint32_t left = patience().yields; left > 0; --left) {
    posix::yield();
    if (ready()) return true;
  }
  return false;
}

// Where each look is a system call that does not wait, fewer of them are as patient.

/// How many such looks the process's patience allows.
inline std::uint32_t calls_of_patience() {
  constexpr std::uint32_t kSpinsOfACall = 8;
  return (patience().spins + kSpinsOfACall - 1) / kSpinsOfACall + patience().yields;
}
/// Between look `number` (from 0) and the next: gives up the CPU where it is time for that.
inline void pass_between_calls(std::uint32_t number) {
  if (number + patience().yields >= calls_of_patience()) posix::yield();
}
/// spin_until() with such looks; none at all without patience.
template <class Ready>
inline bool call_until(Ready ready) {
  for (std::uint32_t number = 0, most = calls_of_patience(); number < most; ++number) {
    if (ready()) return true;
    pass_between_calls(number);
  }
  return false;
}

}  // namespace shmoo::sync
