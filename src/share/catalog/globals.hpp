// THE list for contract Globals, in display order.
#pragma once
#include <tuple>

#include "share/globals/private.hpp"

namespace shmoo::catalog {
using Globals = std::tuple<globals::Private>;
}  // namespace shmoo::catalog
