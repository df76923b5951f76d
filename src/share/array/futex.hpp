// array/futex: one futex lock (spin, then sleep) over the whole array. See locked.hpp for who may
// call what, and sync/futex_lock.hpp for the lock. A peer's death: who dies inside a call leaves the array
// locked for ever.
#pragma once
#include "share/array/locked.hpp"
#include "sync/futex_lock.hpp"

namespace shmoo::array {

struct Futex {
  static constexpr About about{.name = "futex",
                               .summary = "one futex lock over the whole",
                               .peer_death = "who dies inside a call leaves the array locked for ever",
                               .locked = true,
                               .patient = true};
  template <class T>
  static std::string refusal(std::size_t) {
    return "";
  }
  template <class T>
  using Of = LockedArray<T, sync::FutexLock>;
};

}  // namespace shmoo::array
