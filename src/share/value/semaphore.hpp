// value/semaphore: a value behind a POSIX semaphore, as Python's Value. The contract of both stands in
// value/locked.hpp and sync/semaphore_lock.hpp.
#pragma once
#include "share/value/locked.hpp"
#include "sync/semaphore_lock.hpp"

namespace shmoo::value {

struct Semaphore : LockedBy<sync::SemaphoreLock> {
  static constexpr About about{.name = "semaphore",
                               .summary = "POSIX semaphore of one token (Python's multiprocessing.Value)",
                               .peer_death = detail::kStuck,
                               .locked = true};
};

}  // namespace shmoo::value
