// Descriptors that travel over a Unix socket beside the bytes (SCM_RIGHTS).
#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "posix/socket.hpp"

namespace shmoo::posix {

inline constexpr std::size_t kMostPassed = 4;  ///< descriptors in one message

/// send_now() with copies of `fds` (at most kMostPassed) going along with the first byte.
Transfer send_with_fds(int socket, const void* data, std::size_t bytes, std::span<const int> fds);

/// receive_some() that also takes the descriptors which come along: appended to `fds`, close-on-exec.
Transfer receive_with_fds(int socket, void* data, std::size_t bytes, std::vector<Fd>& fds);

}  // namespace shmoo::posix
