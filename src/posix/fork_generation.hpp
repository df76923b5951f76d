// Which process is this, cheaply? A counter that grows by one in each child that fork() makes, so that an
// object that is inherited (a proxy's connection, a feeder thread, a counter's slot) can tell "made by me"
// from "made before the fork" without a system call.
#pragma once
#include <cstdint>

namespace shmoo::posix {

/// Grows along each chain of forks. Compare for equality with the value noted when the object was set up.
std::uint64_t fork_generation();

}  // namespace shmoo::posix
