// The size of the CPU's caches, as far as the C library knows it.
#pragma once
#include <unistd.h>

#include <cstddef>

namespace shmoo::posix {

/// Bytes of the third-level cache that this CPU shares with its neighbours; 0 when unknown.
inline std::size_t l3_bytes() {
  const long bytes = ::sysconf(_SC_LEVEL3_CACHE_SIZE);
  return bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

}  // namespace shmoo::posix
