// THE list for contract Array, in display order.
#pragma once
#include <tuple>

#include "share/array/atomic.hpp"
#include "share/array/boost.hpp"
#include "share/array/futex.hpp"
#include "share/array/manager.hpp"
#include "share/array/mutex.hpp"
#include "share/array/private.hpp"
#include "share/array/raw.hpp"
#include "share/array/robust.hpp"
#include "share/array/striped.hpp"

namespace shmoo::catalog {
using Arrays =
    std::tuple<array::Private, array::Raw, array::Mutex, array::Robust, array::Futex, array::Atomic,
               array::Striped, array::Boost, array::Manager, array::ManagerShm, array::ManagerTcp>;
}  // namespace shmoo::catalog
