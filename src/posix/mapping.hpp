// Memory that forked processes share.
#pragma once
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace shmoo::posix {

/// Distance between what different processes write: two 64-byte lines, since the prefetcher fetches lines in
/// pairs. A constant, not std::hardware_destructive_interference_size, because it is part of the memory
/// layout.
inline constexpr std::size_t kPad = 128;

/// How the kernel may back a mapping.
enum class Pages { small, huge };

/// A shared anonymous mapping: zero-filled, inherited by fork, bound by memory and not by the size of
/// /dev/shm, and gone with its last process. Move-only. Each one is listed in its process until it is
/// destroyed: see prefault_shared_mappings(). Errors: std::system_error (ENOMEM).
class SharedMapping {
 public:
  SharedMapping() = default;
  explicit SharedMapping(std::size_t bytes, Pages pages = Pages::small);
  SharedMapping(SharedMapping&& other) noexcept;
  SharedMapping& operator=(SharedMapping&& other) noexcept;
  ~SharedMapping();

  std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  void unmap() noexcept;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// One object of type T at the start of a mapping of its own, built when made and never destroyed in the
/// children: T must mean the same bytes in every process (no pointers into private memory). `extra` bytes
/// follow it, for a trailing array.
template <class T>
class Shared {
 public:
  template <class... Args>
  explicit Shared(std::size_t extra, Args&&... args)
      : mapping_(sizeof(T) + extra), object_(new (mapping_.data()) T(std::forward<Args>(args)...)) {
    static_assert(std::is_trivially_destructible_v<T>, "nobody is the last to leave a shared object");
  }

  T* get() const { return object_; }
  T& operator*() const { return *object_; }
  T* operator->() const { return object_; }
  /// The `extra` bytes behind the object.
  std::byte* tail() const { return mapping_.data() + sizeof(T); }
  const SharedMapping& mapping() const { return mapping_; }

 private:
  SharedMapping mapping_;
  T* object_;
};

/// Lists memory that is shared but not a SharedMapping (a library's segment) for prefault_shared_mappings().
class PrefaultRange {
 public:
  PrefaultRange(void* data, std::size_t bytes);
  PrefaultRange(const PrefaultRange&) = delete;
  PrefaultRange& operator=(const PrefaultRange&) = delete;
  ~PrefaultRange();

 private:
  void* data_;
};

/// Makes every page of every listed mapping present and writable in *this* process: page tables of shared
/// memory are not copied at fork, so each member of a team does this before it is timed.
void prefault_shared_mappings();

}  // namespace shmoo::posix
