#include "posix/bare_fork.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

namespace shmoo::posix {

void die_with(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) leave(1);
}

Ending reap(pid_t pid) {
  int status = 0;
  check(retry([&] { return ::waitpid(pid, &status, 0); }), "wait for a child");
  return WIFSIGNALED(status) ? Ending{0, WTERMSIG(status)} : Ending{WEXITSTATUS(status), 0};
}

}  // namespace shmoo::posix
