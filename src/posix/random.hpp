// Random bytes that nobody can foresee: getrandom(2).
#pragma once
#include <cstddef>
#include <string>

namespace shmoo::posix {

/// Fills `bytes` at `data`. Errors: std::system_error.
void fill_with_random(void* data, std::size_t bytes);

inline std::string random_bytes(std::size_t bytes) {
  std::string all(bytes, '\0');
  fill_with_random(all.data(), bytes);
  return all;
}

}  // namespace shmoo::posix
