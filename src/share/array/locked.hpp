// The arrays with one lock over the whole: each call takes the lock once, whatever its length, so slices are
// never torn.
//
// Any process may call anything at any time; the lock synchronises. lock() guards compound steps; it is
// recursive, so calls under it are fine. A lock held at fork belongs to the parent alone. Lifetime: the
// handle owns the memory; children inherit it. When a process dies inside a call, the elements that it was
// writing are half written, and the lock decides what the others see of that: with a kind that is not robust
// they wait for ever, with a robust one they go on and inheritances() counts it.
#pragma once
#include <atomic>

#include "posix/mapping.hpp"
#include "share/array/block.hpp"
#include "share/array/contract.hpp"
#include "sync/lock.hpp"

namespace shmoo::array {

/// Where a locked array keeps its elements and its lock: here, an anonymous shared mapping, the lock on lines
/// of its own.
template <class T, sync::Lock Lock>
class InMapping {
 public:
  struct alignas(posix::kPad) Head {
    Lock lock;
    std::atomic<std::uint64_t> inheritances{0};
  };

  explicit InMapping(std::size_t size)
      : head_(bytes_of<T>(size)), data_(reinterpret_cast<T*>(head_.tail())), size_(size) {}
  Head& head() const { return *head_; }
  T* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  static_assert(alignof(T) <= posix::kPad);
  posix::Shared<Head> head_;
  T* data_;
  std::size_t size_;
};

template <class T, sync::Lock Lock, class Store = InMapping<T, Lock>>
class LockedArray {
 public:
  using value_type = T;
  explicit LockedArray(std::size_t size) : store_(size) {}
  explicit LockedArray(std::span<const T> initial) : store_(initial.size()) {
    copy_block(store_.data(), initial.data(), initial.size());
  }

  /// Holds the array's lock for a scope; inherited() as in sync::Guard.
  class [[nodiscard]] Hold : public sync::Guard<Lock> {
   public:
    explicit Hold(const Store& store) : sync::Guard<Lock>(store.head().lock) {
      if (this->inherited()) store.head().inheritances.fetch_add(1, std::memory_order_relaxed);
    }
  };
  Hold lock() const { return Hold(store_); }
  /// How often a call found that the owner of the lock had died holding it (robust locks only).
  std::uint64_t inheritances() const { return store_.head().inheritances.load(std::memory_order_relaxed); }

  std::size_t size() const { return store_.size(); }
  T get(std::size_t i) const {
    check_index(i, size());
    const Hold hold(store_);
    return store_.data()[i];
  }
  void set(std::size_t i, T x) {
    check_index(i, size());
    const Hold hold(store_);
    store_.data()[i] = x;
  }
  template <class Change>
  void update(std::size_t i, Change change) {
    check_index(i, size());
    const Hold hold(store_);
    change(store_.data()[i]);
  }
  void read(std::size_t first, std::span<T> out) const {
    check_range(first, out.size(), size());
    const Hold hold(store_);
    copy_block(out.data(), store_.data() + first, out.size());
  }
  void write(std::size_t first, std::span<const T> in) {
    check_range(first, in.size(), size());
    const Hold hold(store_);
    copy_block(store_.data() + first, in.data(), in.size());
  }

 private:
  Store store_;
};

}  // namespace shmoo::array
