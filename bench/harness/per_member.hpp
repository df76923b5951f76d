// One T per member of a team, in shared memory: what members tell the parent, or each other, about
// themselves.
#pragma once
#include <cstddef>
#include <new>
#include <type_traits>

#include "posix/mapping.hpp"

namespace shmoo::bench {

/// Made before the fork. Each T starts as T{} and lies on lines of its own. Members that look at each other's
/// while they work need a T that synchronises itself (std::atomic); the parent may look when all have left.
template <class T>
class PerMember {
 public:
  explicit PerMember(int members)
      : members_(members), memory_(static_cast<std::size_t>(members) * sizeof(Slot)) {
    for (int member = 0; member < members; ++member) new (slots() + member) Slot{};
  }
  int size() const { return members_; }
  T& operator[](int member) { return slots()[member].value; }
  const T& operator[](int member) const { return slots()[member].value; }

 private:
  static_assert(std::is_trivially_destructible_v<T>);
  struct alignas(posix::kPad) Slot {
    T value{};
  };
  Slot* slots() const { return reinterpret_cast<Slot*>(memory_.data()); }

  int members_;
  posix::SharedMapping memory_;
};

}  // namespace shmoo::bench
