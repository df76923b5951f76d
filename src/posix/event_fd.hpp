// A counter with a descriptor: readable (poll) once somebody has signalled it. Shared by fork.
#pragma once
#include <sys/eventfd.h>

#include <cstdint>

#include "posix/error.hpp"
#include "posix/fd.hpp"

namespace shmoo::posix {

class EventFd {
 public:
  EventFd() : fd_(check(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "make an eventfd")) {}
  /// One that came from another process.
  explicit EventFd(Fd fd) : fd_(std::move(fd)) {}
  int fd() const { return fd_.get(); }
  /// Async-signal-safe.
  void signal() const {
    const std::uint64_t one = 1;
    // It can only fail when the counter is full, and then it is readable already.
    static_cast<void>(!::write(fd_.get(), &one, sizeof one));
  }

 private:
  Fd fd_;
};

}  // namespace shmoo::posix
