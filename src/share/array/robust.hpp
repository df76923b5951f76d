// array/robust: one robust pthread mutex over the whole array. See locked.hpp for who may
// call what, and sync/robust_lock.hpp for the lock. A peer's death: the next owner is told and goes on; a
// slice may be half written.
#pragma once
#include "share/array/locked.hpp"
#include "sync/robust_lock.hpp"

namespace shmoo::array {

struct Robust {
  static constexpr About about{
      .name = "robust",
      .summary = "one robust pthread mutex over the whole",
      .peer_death = "the next owner is told and goes on; a slice may be half written",
      .locked = true,
      .patient = true};
  template <class T>
  static std::string refusal(std::size_t) {
    return "";
  }
  template <class T>
  using Of = LockedArray<T, sync::RobustLock>;
};

}  // namespace shmoo::array
