// THE list for contract Value, in display order.
#pragma once
#include <tuple>

#include "share/value/atomic.hpp"
#include "share/value/boost.hpp"
#include "share/value/futex.hpp"
#include "share/value/manager.hpp"
#include "share/value/mutex.hpp"
#include "share/value/private.hpp"
#include "share/value/raw.hpp"
#include "share/value/robust.hpp"
#include "share/value/semaphore.hpp"
#include "share/value/seqlock.hpp"
#include "share/value/sharded.hpp"
#include "share/value/spin.hpp"

namespace shmoo::catalog {
using Values = std::tuple<value::Private, value::Raw, value::Mutex, value::Robust, value::Futex, value::Spin,
                          value::Semaphore, value::Boost, value::Atomic, value::Sharded, value::Seqlock,
                          value::Manager, value::ManagerShm, value::ManagerTcp>;
}  // namespace shmoo::catalog
