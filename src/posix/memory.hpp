// How much memory a process may still take without pushing the machine, or its own cgroup, over the edge.
#pragma once
#include <cstdint>

namespace shmoo::posix {

/// Bytes: what /proc/meminfo calls MemAvailable, or what the cgroup's limit leaves if that is less. The
/// largest number when neither can be read.
std::uint64_t available_memory();

}  // namespace shmoo::posix
