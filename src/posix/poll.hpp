// Waiting for any of several descriptors.
#pragma once
#include <span>

#include "posix/clock.hpp"

namespace shmoo::posix {

/// Waits until one of `fds` is readable or at its end, a signal came, or the deadline passed; negative
/// entries are ignored. Says nothing about which: callers look at their own state again.
void wait_readable(std::span<const int> fds, Deadline deadline);

/// Whether `fd` can be read (or is at its end) now.
bool readable(int fd);

}  // namespace shmoo::posix
