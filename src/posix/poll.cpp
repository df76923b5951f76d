#include "posix/poll.hpp"

#include <poll.h>

#include <vector>

namespace shmoo::posix {

void wait_readable(std::span<const int> fds, Deadline deadline) {
  std::vector<pollfd> watched;
  for (const int fd : fds) watched.push_back({fd, POLLIN, 0});
  // EINTR ends the wait as well: the caller's loop looks again.
  ::poll(watched.data(), watched.size(), deadline.poll_ms());
}

bool readable(int fd) {
  pollfd watched{fd, POLLIN, 0};
  return ::poll(&watched, 1, 0) > 0;
}

}  // namespace shmoo::posix
