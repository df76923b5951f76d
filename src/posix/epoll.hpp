// Waiting for many descriptors at once: epoll, level-triggered, each descriptor with a pointer of the
// caller's.
//
// One thread at a time; not shared over fork. The pointer is handed back as it was given: who forgets a
// descriptor must not use events that were fetched before.
#pragma once
#include <sys/epoll.h>

#include <cstdint>
#include <span>

#include "posix/clock.hpp"
#include "posix/error.hpp"
#include "posix/fd.hpp"

namespace shmoo::posix {

class Epoll {
 public:
  Epoll() : fd_(check(::epoll_create1(EPOLL_CLOEXEC), "make an epoll")) {}
  int fd() const { return fd_.get(); }

  void watch(int fd, std::uint32_t events, void* tag) { control(EPOLL_CTL_ADD, fd, events, tag, "watch"); }
  void change(int fd, std::uint32_t events, void* tag) { control(EPOLL_CTL_MOD, fd, events, tag, "watch"); }
  /// Before the descriptor is closed: a copy in another process would keep it in the set.
  void forget(int fd) { control(EPOLL_CTL_DEL, fd, 0, nullptr, "forget"); }

  /// Fetches what is ready, waiting until the deadline for a first one. @return the part of `room` that was
  /// filled.
  std::span<epoll_event> wait(std::span<epoll_event> room, Deadline deadline) {
    const int ready = ::epoll_wait(fd_.get(), room.data(), static_cast<int>(room.size()), deadline.poll_ms());
    // EINTR: as if nothing was ready; the caller looks at its own state and comes back.
    if (ready < 0 && errno != EINTR) fail("wait for events");
    return room.first(ready < 0 ? 0 : static_cast<std::size_t>(ready));
  }

 private:
  void control(int what, int fd, std::uint32_t events, void* tag, const char* verb) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = tag;
    if (::epoll_ctl(fd_.get(), what, fd, &event) < 0) fail(std::string(verb) + " a descriptor");
  }
  Fd fd_;
};

}  // namespace shmoo::posix
