// Named shared memory (/dev/shm), for libraries that insist on a name. Our own mappings are anonymous: see
// mapping.hpp.
#pragma once
#include <cstdint>
#include <string>

#include "posix/fd.hpp"

namespace shmoo::posix {

/// Bytes that /dev/shm can still take; 0 when there is none.
std::uint64_t shm_free_bytes();

/// Opens the named segment of shm_open(3) and removes its name; mappings made before live on. @return its
/// descriptor. Errors: std::system_error.
Fd adopt_shm(const std::string& name);

/// Gives the file behind `file` real memory for its first `bytes`, so that no write into it can end in
/// SIGBUS. Errors: std::system_error (ENOSPC: the file system is full).
void reserve(const Fd& file, std::uint64_t bytes);

}  // namespace shmoo::posix
