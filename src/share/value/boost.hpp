// value/boost: a value behind Boost's interprocess_recursive_mutex. The contract of both stands in
// value/locked.hpp and sync/boost_lock.hpp.
#pragma once
#include "share/value/locked.hpp"
#include "sync/boost_lock.hpp"

namespace shmoo::value {

struct Boost : LockedBy<sync::BoostLock> {
  static constexpr About about{.name = "boost",
                               .summary = "Boost's interprocess_recursive_mutex",
                               .peer_death = detail::kStuck,
                               .locked = true};
};

}  // namespace shmoo::value
