// array/mutex: one process-shared pthread mutex over the whole array (Python's Array, whose lock is a
// semaphore). See locked.hpp for who may call what, and sync/mutex_lock.hpp for the lock. A peer's death: who
// dies inside a call leaves the array locked for ever.
#pragma once
#include "share/array/locked.hpp"
#include "sync/mutex_lock.hpp"

namespace shmoo::array {

struct Mutex {
  static constexpr About about{.name = "mutex",
                               .summary = "one pthread mutex over the whole",
                               .peer_death = "who dies inside a call leaves the array locked for ever",
                               .locked = true};
  template <class T>
  static std::string refusal(std::size_t) {
    return "";
  }
  template <class T>
  using Of = LockedArray<T, sync::MutexLock>;
};

}  // namespace shmoo::array
