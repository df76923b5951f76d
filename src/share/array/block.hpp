// How slices are copied. Nothing synchronises here: the caller does, or promises nothing.
#pragma once
#include <cstddef>
#include <cstring>

namespace shmoo::array {

/// memcpy, with non-temporal stores once the block and its copy no longer fit the L3 cache together: the
/// stores then need not fetch the lines that they overwrite.
void copy_long(void* to, const void* from, std::size_t bytes);

/// Copies `count` elements; the blocks must not overlap.
template <class T>
void copy_block(T* to, const T* from, std::size_t count) {
  constexpr std::size_t kNeverLong = std::size_t{1} << 20;
  const std::size_t bytes = count * sizeof(T);
  if (bytes >= kNeverLong)
    copy_long(to, from, bytes);
  else if (bytes > 0)
    std::memcpy(static_cast<void*>(to), from, bytes);
}

}  // namespace shmoo::array
