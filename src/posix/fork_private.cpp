#include "posix/fork_private.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <mutex>
#include <utility>
#include <vector>

namespace shmoo::posix {
namespace {

struct Listed {
  std::mutex mutex;
  std::vector<int> fds;
};

Listed& listed() {
  // Never destroyed: descriptors with static lifetime may outlast it.
  static Listed& list = *new Listed;
  return list;
}

void in_child() {
  Listed& list = listed();
  const int nowhere = list.fds.empty() ? -1 : ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int fd : list.fds) {
    if (nowhere < 0 || ::dup3(nowhere, fd, O_CLOEXEC) < 0) ::close(fd);
  }
  if (nowhere >= 0) ::close(nowhere);
  list.fds.clear();
  list.mutex.unlock();
}

[[maybe_unused]] const int registered =
    ::pthread_atfork([] { listed().mutex.lock(); }, [] { listed().mutex.unlock(); }, in_child);

}  // namespace

ForkPrivateFd::ForkPrivateFd(Fd fd) : fd_(std::move(fd)) {
  if (!fd_) return;
  const std::lock_guard guard(listed().mutex);
  listed().fds.push_back(fd_.get());
}

ForkPrivateFd& ForkPrivateFd::operator=(ForkPrivateFd&& other) noexcept {
  if (this == &other) return *this;
  unlist();
  fd_ = std::move(other.fd_);
  return *this;
}

ForkPrivateFd::~ForkPrivateFd() {
  unlist();
}

/// And closes it, before the lock is given back: a fork in between would find a number that means something
/// else.
void ForkPrivateFd::unlist() noexcept {
  if (!fd_) return;
  const std::lock_guard guard(listed().mutex);
  std::erase(listed().fds, fd_.get());
  fd_.reset();
}

}  // namespace shmoo::posix
