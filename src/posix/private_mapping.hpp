// Memory of one process that a fork() copies, lazily: each side sees what was there at the fork and then only
// its own writes.
//
// Zero-filled, aligned to kHugePage when it is that long, gone with its owner. Move-only. Any thread of the
// process may use it. Errors: std::system_error (ENOMEM).
#pragma once
#include <cstddef>

#include "posix/mapping.hpp"

namespace shmoo::posix {

/// Bytes of a transparent huge page on x86-64, and on arm64 with 4 KiB pages.
inline constexpr std::size_t kHugePage = std::size_t{2} << 20;

class PrivateMapping {
 public:
  PrivateMapping() = default;
  /// Pages::huge is advice that a kernel without transparent huge pages ignores: see huge_bytes().
  explicit PrivateMapping(std::size_t bytes, Pages pages = Pages::small);
  PrivateMapping(PrivateMapping&& other) noexcept;
  PrivateMapping& operator=(PrivateMapping&& other) noexcept;
  ~PrivateMapping();

  std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }

  /// How much of it lies in huge pages now, bytes; 0 where the kernel does not tell. Errors: none.
  std::size_t huge_bytes() const;

 private:
  void unmap() noexcept;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Whether the kernel backs memory with huge pages when it is advised to.
bool has_transparent_huge_pages();

}  // namespace shmoo::posix
