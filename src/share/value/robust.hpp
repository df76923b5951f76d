// value/robust: a value behind a robust pthread mutex that spins before it sleeps. The contract of both
// stands in value/locked.hpp and sync/robust_lock.hpp.
#pragma once
#include "share/value/locked.hpp"
#include "sync/robust_lock.hpp"

namespace shmoo::value {

struct Robust : LockedBy<sync::RobustLock> {
  static constexpr About about{
      .name = "robust",
      .summary = "robust pthread mutex, tried for a while before it sleeps",
      .peer_death = "a holder's death is told to the next owner; the value may be half written",
      .locked = true,
      .patient = true};
};

}  // namespace shmoo::value
