// A memory barrier that one process pays for all: membarrier(2), the global expedited kind.
//
// For protocols where one side is hot and the other is about to sleep anyway. The hot side needs only a
// compiler barrier between its store and its load; the rare side calls global_barrier() between its own, and
// every registered process that runs at that moment passes a full barrier in between.
#pragma once

namespace shmoo::posix {

/// Registers this process, and with it every process it forks from now on (the kernel copies the mark).
/// @return false where the kernel, or a filter of system calls, does not offer it: both sides need fences
/// then.
bool join_global_barrier();

/// A full barrier in every registered process that runs, and in the caller. About 1 us.
/// Call it only where join_global_barrier() said true, here or in a parent. Errors: std::system_error.
void global_barrier();

/// A full barrier in the caller alone: what both sides need where there is no global one.
void full_fence();

}  // namespace shmoo::posix
