#include "posix/private_mapping.hpp"

#include <sys/mman.h>

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>

#include "posix/error.hpp"

namespace shmoo::posix {

PrivateMapping::PrivateMapping(std::size_t bytes, Pages pages) : size_(bytes ? bytes : 1) {
  // Room to align: the kernel does not promise to start a mapping where a huge page could.
  const std::size_t spare = size_ >= kHugePage ? kHugePage : 0;
  void* room = ::mmap(nullptr, size_ + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED) fail("map " + std::to_string(size_) + " private bytes");
  data_ = static_cast<std::byte*>(room);
  if (spare) {
    const std::size_t before = -reinterpret_cast<std::uintptr_t>(room) % kHugePage;
    const std::size_t end = (before + size_ + 4095) & ~std::size_t{4095};
    if (before) ::munmap(data_, before);
    if (end < size_ + spare) ::munmap(data_ + end, size_ + spare - end);
    data_ += before;
  }
  ::madvise(data_, size_, pages == Pages::huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
}

PrivateMapping::PrivateMapping(PrivateMapping&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

PrivateMapping& PrivateMapping::operator=(PrivateMapping&& other) noexcept {
  if (this != &other) {
    unmap();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

PrivateMapping::~PrivateMapping() {
  unmap();
}

void PrivateMapping::unmap() noexcept {
  if (data_) ::munmap(data_, size_);
}

std::size_t PrivateMapping::huge_bytes() const {
  // smaps: a line "from-to perms ..." per mapping, then "AnonHugePages: n kB" among what is said of it.
  // Advice splits mappings, so ours may be told in one piece, in several, or as part of a longer one with the
  // same advice.
  const auto first = reinterpret_cast<std::uintptr_t>(data_);
  std::ifstream smaps("/proc/self/smaps");
  std::size_t bytes = 0;
  bool ours = false;
  for (std::string line; std::getline(smaps, line);) {
    std::uintptr_t from;
    std::uintptr_t to;
    std::size_t kib;
    if (std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2)
      ours = from < first + size_ && to > first;
    else if (ours && std::sscanf(line.c_str(), "AnonHugePages: %zu kB", &kib) == 1)
      bytes += kib * 1024;
  }
  return bytes;
}

bool has_transparent_huge_pages() {
  std::string setting;
  std::ifstream file("/sys/kernel/mm/transparent_hugepage/enabled");
  std::getline(file, setting);
  return !setting.empty() && setting.find("[never]") == std::string::npos;
}

}  // namespace shmoo::posix
