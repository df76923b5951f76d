// value/mutex: a value behind a plain pthread mutex. The contract of both stands in value/locked.hpp and
// sync/mutex_lock.hpp.
#pragma once
#include "share/value/locked.hpp"
#include "sync/mutex_lock.hpp"

namespace shmoo::value {

struct Mutex : LockedBy<sync::MutexLock> {
  static constexpr About about{.name = "mutex",
                               .summary = "recursive process-shared pthread mutex around each access",
                               .peer_death = detail::kStuck,
                               .locked = true};
};

}  // namespace shmoo::value
