// array/striped: up to 64 stripes of neighbouring elements, each under a futex lock of its own, so that
// processes at work in different parts do not meet.
//
// Any process may call anything at any time; the stripe's lock synchronises. A stripe is a padded block of
// shared memory that holds its lock and its elements, so no line is shared by two stripes, and in a small
// stripe the lock comes with the data. Elements are whole; a slice takes one lock after the other and may mix
// the states before and after another's write, stripe by stripe. A process that dies inside a call leaves
// that stripe locked for ever: the others wait as soon as they need it. Lifetime: the handle owns the
// mapping; children inherit it.
#pragma once
#include <algorithm>
#include <bit>
#include <new>

#include "posix/mapping.hpp"
#include "share/array/block.hpp"
#include "share/array/contract.hpp"
#include "sync/futex_lock.hpp"

namespace shmoo::array {

template <class T, sync::Lock Lock = sync::FutexLock>
class StripedArray {
 public:
  using value_type = T;
  explicit StripedArray(std::size_t size)
      : size_(size),
        shift_(shift_for(size)),
        stride_((kElementsAt + (sizeof(T) << shift_) + posix::kPad - 1) / posix::kPad * posix::kPad),
        memory_((stripe_of(size ? size - 1 : 0) + 1) * stride_) {
    for (std::size_t stripe = 0; stripe <= stripe_of(size ? size - 1 : 0); ++stripe)
      new (memory_.data() + stripe * stride_) Lock;
  }
  explicit StripedArray(std::span<const T> initial) : StripedArray(initial.size()) { write(0, initial); }

  std::size_t size() const { return size_; }
  T get(std::size_t i) const {
    check_index(i, size_);
    const sync::Guard guard(lock_of(stripe_of(i)));
    return at(i);
  }
  void set(std::size_t i, T x) {
    check_index(i, size_);
    const sync::Guard guard(lock_of(stripe_of(i)));
    at(i) = x;
  }
  template <class Change>
  void update(std::size_t i, Change change) {
    check_index(i, size_);
    const sync::Guard guard(lock_of(stripe_of(i)));
    change(at(i));
  }
  void read(std::size_t first, std::span<T> out) const {
    check_range(first, out.size(), size_);
    each_stripe(first, out.size(), [&](T* elements, std::size_t offset, std::size_t count) {
      copy_block(out.data() + offset, elements, count);
    });
  }
  void write(std::size_t first, std::span<const T> in) {
    check_range(first, in.size(), size_);
    each_stripe(first, in.size(), [&](T* elements, std::size_t offset, std::size_t count) {
      copy_block(elements, in.data() + offset, count);
    });
  }

 private:
  static constexpr std::size_t kStripes = 64;
  static constexpr std::size_t kElementsAt = (sizeof(Lock) + alignof(T) - 1) / alignof(T) * alignof(T);
  static_assert(alignof(Lock) <= posix::kPad && alignof(T) <= posix::kPad);

  /// log2 of the elements in a stripe: a power of two, so that finding a stripe is a shift; at least a line's
  /// worth, since less would cost a slice more locks and save nobody a line.
  static std::size_t shift_for(std::size_t size) {
    bytes_of<T>(size);
    const std::size_t least = std::max<std::size_t>(1, 64 / sizeof(T));
    return static_cast<std::size_t>(
        std::countr_zero(std::bit_ceil(std::max(least, (size + kStripes - 1) / kStripes))));
  }
  std::size_t stripe_of(std::size_t i) const { return i >> shift_; }
  Lock& lock_of(std::size_t stripe) const {
    return *std::launder(reinterpret_cast<Lock*>(memory_.data() + stripe * stride_));
  }
  T& at(std::size_t i) const {
    return reinterpret_cast<T*>(memory_.data() + stripe_of(i) * stride_ +
                                kElementsAt)[i & ((std::size_t{1} << shift_) - 1)];
  }

  template <class Visit>
  void each_stripe(std::size_t first, std::size_t count, Visit visit) const {
    for (std::size_t i = first; i < first + count;) {
      const std::size_t stripe_end = (stripe_of(i) + 1) << shift_;
      const std::size_t here = std::min(stripe_end, first + count) - i;
      const sync::Guard guard(lock_of(stripe_of(i)));
      visit(&at(i), i - first, here);
      i += here;
    }
  }

  std::size_t size_;
  std::size_t shift_;
  std::size_t stride_;  // bytes from one stripe to the next
  posix::SharedMapping memory_;
};

struct Striped {
  static constexpr About about{.name = "striped",
                               .summary = "up to 64 padded stripes, each under a futex lock of its own",
                               .peer_death = "who dies inside a call leaves that stripe locked for ever",
                               .tears = true,
                               .patient = true};
  template <class T>
  static std::string refusal(std::size_t) {
    return "";
  }
  template <class T>
  using Of = StripedArray<T>;
};

}  // namespace shmoo::array
