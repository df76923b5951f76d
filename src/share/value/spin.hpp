// value/spin: a value behind a spin lock. The contract of both stands in value/locked.hpp and
// sync/spin_lock.hpp.
#pragma once
#include "share/value/locked.hpp"
#include "sync/spin_lock.hpp"

namespace shmoo::value {

struct Spin : LockedBy<sync::SpinLock> {
  static constexpr About about{
      .name = "spin",
      .summary = "spins, then yields, then naps; never waits in the kernel for the holder",
      .peer_death = detail::kStuck,
      .locked = true,
      .patient = true};
};

}  // namespace shmoo::value
