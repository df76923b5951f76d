// fork(2), _exit(2) and wait(2) with nothing between: what a fork costs, for those who measure it. Everybody
// else takes Child, which adds a pidfd, an owner who kills what is left and handlers of its own: some 30 us,
// 15 % of a small fork.
#pragma once
#include <sys/types.h>
#include <unistd.h>

#include "posix/child.hpp"
#include "posix/error.hpp"

namespace shmoo::posix {

/// Has the kernel kill this process when the thread that forked it dies; ends it at once when `parent` is
/// dead already.
void die_with(pid_t parent);

/// Waits for the end of a child that no Child owns, and reaps it. Errors: std::system_error.
Ending reap(pid_t pid);

/// Forks a child that leaves with the int that `body` returns. Nobody kills it but the death of its parent:
/// the caller must reap() it. `body` must not throw. Errors: std::system_error (EAGAIN, ENOMEM).
template <class Body>
pid_t bare_fork(Body body) {
  const pid_t parent = ::getpid();
  const pid_t pid = check(::fork(), "fork");
  if (pid == 0) {
    die_with(parent);
    leave(body());
  }
  return pid;
}

}  // namespace shmoo::posix
