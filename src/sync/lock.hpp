// What a lock between processes is here.
//
// - Lives in shared memory, zero cost to hand over by fork; its bytes mean the same in every process.
// - Recursive: the thread that holds it may take it again and gives it back as often (Python's RLock).
// - lock(deadline): `taken`; `inherited` = taken, but the owner before died holding it, so what it guards may
//   be half done (robust kinds only); `timed_out`.
// - A lock held at fork belongs to the parent alone: the child is another owner.
// - unlock() by somebody who does not hold it is std::logic_error where the kind can tell (`checks_owner`).
// - `robust` says whether the death of the holder lets the others go on.
#pragma once
#include <concepts>
#include <stdexcept>
#include <string>
#include <string_view>

#include "posix/clock.hpp"

namespace shmoo::sync {

enum class Taken { taken, inherited, timed_out };

template <class L>
concept Lock = std::default_initializable<L> && requires(L l, posix::Deadline deadline) {
  { L::name } -> std::convertible_to<std::string_view>;
  { L::robust } -> std::convertible_to<bool>;
  { L::checks_owner } -> std::convertible_to<bool>;
  { l.lock() } -> std::same_as<Taken>;
  { l.lock(deadline) } -> std::same_as<Taken>;
  l.unlock();
};

/// A call that took a lock by itself found that the owner before died holding it: what the lock guards may be
/// half done. The call did nothing, the lock is free and works: the next call goes on with what the dead
/// left. Told once, to the first who asks.
class OwnerDied : public std::runtime_error {
 public:
  explicit OwnerDied(const std::string& what)
      : std::runtime_error(what + ": a process died holding the lock") {}
};

/// Holds a lock for a scope. `inherited()` tells that the owner before died holding it.
template <class L>
class [[nodiscard]] Guard {
 public:
  explicit Guard(L& lock) : lock_(&lock), inherited_(lock.lock() == Taken::inherited) {}
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  ~Guard() { lock_->unlock(); }
  bool inherited() const { return inherited_; }

 private:
  L* lock_;
  bool inherited_;
};

}  // namespace shmoo::sync
