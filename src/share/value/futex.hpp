// value/futex: a value behind our own futex lock. The contract of both stands in value/locked.hpp and
// sync/futex_lock.hpp.
#pragma once
#include "share/value/locked.hpp"
#include "sync/futex_lock.hpp"

namespace shmoo::value {

struct Futex : LockedBy<sync::FutexLock> {
  static constexpr About about{.name = "futex",
                               .summary = "our own lock on a futex: spins, then sleeps",
                               .peer_death = detail::kStuck,
                               .locked = true,
                               .patient = true};
};

}  // namespace shmoo::value
