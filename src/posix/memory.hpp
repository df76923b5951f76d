// How much memory a process may still take without pushing the machine, or its own cgroup, over the edge; how
// much it has, and giving some of it back.
//
// Any thread.
#pragma once
#include <sys/types.h>

#include <cstdint>

namespace shmoo::posix {

/// Bytes: what /proc/meminfo calls MemAvailable, or what the cgroup's limit leaves if that is less. The
/// largest number when neither can be read.
std::uint64_t available_memory();

/// Bytes of a process's memory that are really there, with those that it shares. 0 when /proc does not tell.
std::uint64_t resident_memory(pid_t pid);

/// What the calling process's allocator has of it.
struct OwnMemory {
  std::uint64_t resident;  ///< bytes, see resident_memory()
  std::uint64_t used;      ///< bytes in blocks that were allocated and not freed
};
/// Some microseconds, and more where many small blocks are free.
OwnMemory own_memory();

/// Gives pages that hold only freed blocks back to the system, wherever they lie. Milliseconds when there are
/// many.
void give_back_memory();

}  // namespace shmoo::posix
