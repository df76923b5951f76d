// THE list for contract Dict, in display order.
#pragma once
#include <tuple>

#include "share/dict/boost.hpp"
#include "share/dict/manager.hpp"
#include "share/dict/private.hpp"
#include "share/dict/python_manager.hpp"
#include "share/dict/redis.hpp"

namespace shmoo::catalog {
using Dicts = std::tuple<dict::Private, dict::Boost, dict::Manager, dict::ManagerShm, dict::ManagerTcp,
                         dict::Redis, dict::PythonManager>;
}  // namespace shmoo::catalog
