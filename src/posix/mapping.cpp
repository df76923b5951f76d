#include "posix/mapping.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "posix/error.hpp"

namespace shmoo::posix {
namespace {

// A process's own list; a child inherits a copy, which is right: it inherits the mappings too.
class Listed {
 public:
  void add(void* data, std::size_t bytes) {
    const std::lock_guard guard(mutex_);
    ranges_[data] = bytes;
  }
  void remove(void* data) {
    const std::lock_guard guard(mutex_);
    ranges_.erase(data);
  }
  template <class Visit>
  void each(Visit visit) {
    const std::lock_guard guard(mutex_);
    for (const auto& [data, bytes] : ranges_) visit(data, bytes);
  }

 private:
  std::mutex mutex_;
  std::map<void*, std::size_t> ranges_;
};

Listed& listed() {
  static Listed& list = *new Listed;  // never destroyed: mappings with static lifetime may outlast it
  return list;
}

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

void populate(void* data, std::size_t bytes) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  auto* first = reinterpret_cast<std::byte*>(reinterpret_cast<std::uintptr_t>(data) & ~(page - 1));
  bytes += static_cast<std::size_t>(static_cast<std::byte*>(data) - first);
  if (::madvise(first, bytes, MADV_POPULATE_WRITE) == 0) return;
  // Before Linux 5.14: read one byte per page. The first write then costs a minor fault at most.
  for (std::size_t at = 0; at < bytes; at += page)
    static_cast<void>(*static_cast<volatile std::byte*>(first + at));
}

}  // namespace

SharedMapping::SharedMapping(std::size_t bytes, Pages pages) : size_(bytes ? bytes : 1) {
  void* data = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) fail("map " + std::to_string(size_) + " shared bytes");
  data_ = static_cast<std::byte*>(data);
  // Advice only: a kernel without shmem THP keeps small pages.
  ::madvise(data, size_, pages == Pages::huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
  listed().add(data_, size_);
}

SharedMapping::SharedMapping(SharedMapping&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SharedMapping& SharedMapping::operator=(SharedMapping&& other) noexcept {
  if (this != &other) {
    unmap();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

SharedMapping::~SharedMapping() {
  unmap();
}

void SharedMapping::unmap() noexcept {
  if (!data_) return;
  listed().remove(data_);
  ::munmap(data_, size_);
}

PrefaultRange::PrefaultRange(void* data, std::size_t bytes) : data_(data) {
  listed().add(data, bytes);
}
PrefaultRange::~PrefaultRange() {
  listed().remove(data_);
}

void prefault_shared_mappings() {
  listed().each(populate);
}

}  // namespace shmoo::posix
