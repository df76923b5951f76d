// value/atomic: std::atomic<T> in shared memory. Lock-free sizes only (1, 2, 4, 8 bytes); a larger T does not compile.
//
// Any process may call anything at any time; the hardware synchronises. A process that dies leaves a whole value behind.
// Lifetime: the handle owns the mapping; children inherit it.
#pragma once
#include <atomic>
#include <bit>
#include <type_traits>

#include "posix/mapping.hpp"
#include "share/value/contract.hpp"

namespace shmoo::value {

template <class T>
class AtomicValue {
  static_assert(std::atomic<T>::is_always_lock_free, "value/atomic holds lock-free sizes only: 1, 2, 4 or 8 bytes");

 public:
  using value_type = T;
  explicit AtomicValue(T initial = T{}) : cell_(0, initial) {}

  T get() const { return cell_->value.load(std::memory_order_acquire); }
  void set(T x) { cell_->value.store(x, std::memory_order_release); }

  /// Compare-and-swap until no other process came in between: `change` may run more than once.
  template <class Change>
  void update(Change change) {
    T seen = cell_->value.load(std::memory_order_relaxed);
    T next;
    do {
      next = seen;
      change(next);
    } while (!cell_->value.compare_exchange_weak(seen, next, std::memory_order_acq_rel, std::memory_order_relaxed));
  }

  void add(T x)
    requires std::is_arithmetic_v<T>
  {
    cell_->value.fetch_add(x, std::memory_order_acq_rel);
  }

 private:
  struct alignas(posix::kPad) Cell {
    explicit Cell(T initial) : value(initial) {}
    std::atomic<T> value;
  };
  posix::Shared<Cell> cell_;
};

struct Atomic {
  static constexpr About about{.name = "atomic",
                               .summary = "one lock-free std::atomic in shared memory",
                               .peer_death = "nothing happens: every state is a whole value"};
  template <class T>
  static constexpr const char* refusal =
      sizeof(T) <= 8 && std::has_single_bit(sizeof(T)) ? nullptr : "lock-free sizes only: 1, 2, 4 or 8 bytes";
  template <class T>
  using Of = AtomicValue<T>;
};

}  // namespace shmoo::value
