#include "posix/interrupt.hpp"

#include <signal.h>

#include <atomic>
#include <cerrno>

#include "posix/event_fd.hpp"

namespace shmoo::posix {
namespace {

std::atomic<int> caught{0};
const EventFd* asked = nullptr;

void on_signal(int number) {
  const int before = errno;
  caught.store(number);
  asked->signal();
  errno = before;
}

}  // namespace

void catch_interrupts() {
  static const EventFd event;
  asked = &event;
  struct sigaction action {};
  action.sa_handler = on_signal;
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    // What was ignored when we started (nohup, a background job) stays ignored.
    struct sigaction before {};
    ::sigaction(number, nullptr, &before);
    if (before.sa_handler != SIG_IGN) ::sigaction(number, &action, nullptr);
  }
}

int interrupted() {
  return caught.load();
}
int interrupt_fd() {
  return asked ? asked->fd() : -1;
}

}  // namespace shmoo::posix
