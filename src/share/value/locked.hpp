// A value and a recursive lock in shared memory, Python's Value: what all locked mechanisms are, whatever the
// kind of lock.
//
// Any process and thread may call anything at any time; each call takes the lock once. As in Python the lock
// is the value's own or one that is given; a given lock lies in shared memory, outlives the value and may
// guard several values at once. Another kind of lock than L does not compile; a value without a lock is
// RawValue.
//
// Lifetime: the handle owns the mapping; children inherit it. Not to be dropped while this process holds the
// lock.
//
// When a process dies holding the lock: see L. With a robust L the next call throws sync::OwnerDied, once, or
// lock() returns a guard that says inherited(); the value is then as the dead left it, perhaps half written,
// and the lock works. With every other L all who come later wait for ever, unless they wait with a deadline:
// get_lock().lock(deadline).
#pragma once
#include <type_traits>

#include "posix/mapping.hpp"
#include "share/value/contract.hpp"
#include "sync/lock.hpp"

namespace shmoo::value {

template <class T, sync::Lock L>
class LockedValue {
  static_assert(std::is_trivially_copyable_v<T>, "processes share bytes");

 public:
  using value_type = T;
  using lock_type = L;

  explicit LockedValue(T initial = T{}) : cell_(0, initial), lock_(&cell_->own) {}
  LockedValue(T initial, L& given) : cell_(0, initial), lock_(&given) {}

  T get() const {
    return locked([&] { return cell_->value; });
  }
  void set(const T& x) {
    locked([&] { cell_->value = x; });
  }

  template <class Change>
  void update(Change change) {
    locked([&] { change(cell_->value); });
  }

  void add(T x) requires std::is_arithmetic_v<T> {
    locked([&] { cell_->value = static_cast<T>(cell_->value + x); });
  }

  /// Holds the lock for a scope, for steps of several calls.
  sync::Guard<L> lock() { return sync::Guard<L>(*lock_); }

  /// The lock itself: to wait with a deadline, or to guard something else with it.
  L& get_lock() { return *lock_; }

 private:
  template <class Body>
  auto locked(Body body) const {
    const sync::Guard<L> guard(*lock_);
    if constexpr (L::robust)
      if (guard.inherited()) throw sync::OwnerDied("value");
    return body();
  }

  // Lock and value side by side: whoever gets the line of a free lock has got a small value too.
  struct alignas(posix::kPad) Cell {
    explicit Cell(T initial) : value(initial) {}
    L own;
    T value;
  };
  posix::Shared<Cell> cell_;
  L* lock_;  // means the same in every process that inherits the mapping
};

namespace detail {
inline constexpr std::string_view kStuck = "a holder's death leaves the lock taken: all others wait for ever";
}  // namespace detail

/// Base of the mechanisms: any T, behind a lock of kind L.
template <class L>
struct LockedBy {
  template <class T>
  static constexpr const char* refusal = nullptr;
  template <class T>
  using Of = LockedValue<T, L>;
};

}  // namespace shmoo::value
