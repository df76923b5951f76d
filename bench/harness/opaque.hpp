// Keeping the compiler from doing less than the loop says.
#pragma once

namespace shmoo::bench {

/// Stands between two operations of a timed loop: the compiler must believe that all memory may have changed,
/// so it neither merges the operations nor moves one out of the loop. Costs no instruction.
inline void next_operation() {
  asm volatile("" ::: "memory");
}

}  // namespace shmoo::bench
