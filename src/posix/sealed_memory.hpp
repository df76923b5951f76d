// Memory that is shared by handing over its descriptor, with a process that is not trusted.
//
// Its size is sealed: nobody who has the descriptor can shrink it, so that no access within the size that was
// asked for meets the end of the file (SIGBUS). Nameless: gone with its last mapping and descriptor.
#pragma once
#include <cstddef>
#include <utility>

#include "posix/fd.hpp"

namespace shmoo::posix {

/// Zero-filled memory of exactly `bytes`, all of it there (it counts in this process's memory), its size
/// sealed for ever. Errors: std::system_error (ENOMEM, EMFILE ...).
Fd make_sealed_memory(std::size_t bytes);

/// Whether `memory` has `bytes` at least that nobody can take away. What came from somebody else is asked.
bool is_sealed(const Fd& memory, std::size_t bytes);

/// A descriptor's memory in this process. Move-only; inherited by fork. Errors: std::system_error.
class MappedMemory {
 public:
  MappedMemory() = default;
  MappedMemory(const Fd& memory, std::size_t bytes);
  MappedMemory(MappedMemory&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  MappedMemory& operator=(MappedMemory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~MappedMemory();

  std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace shmoo::posix
