#include "posix/server_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "posix/error.hpp"

namespace shmoo::posix {

Fd watch_process(pid_t pid) {
  return Fd(static_cast<int>(check(::syscall(SYS_pidfd_open, pid, 0), "watch a process")));
}

Fd watch_self() {
  return watch_process(::getpid());
}

pid_t own_pid() {
  return ::getpid();
}
uid_t own_user() {
  return ::geteuid();
}

void survive_parent_thread() {
  check(::prctl(PR_SET_PDEATHSIG, 0), "survive the parent's thread");
}

Fd take_server_signals() {
  for (int number = 1; number < NSIG; ++number)
    ::signal(number, SIG_DFL);  // fails for SIGKILL and SIGSTOP: so it should
  for (const int number : {SIGINT, SIGHUP, SIGPIPE}) ::signal(number, SIG_IGN);
  sigset_t terminate;
  sigemptyset(&terminate);
  sigaddset(&terminate, SIGTERM);
  check(::sigprocmask(SIG_SETMASK, &terminate, nullptr), "set the signal mask");
  return Fd(check(::signalfd(-1, &terminate, SFD_CLOEXEC | SFD_NONBLOCK), "make a signalfd"));
}

void keep_only(std::span<const int> kept) {
  std::vector<int> sorted(kept.begin(), kept.end());
  std::sort(sorted.begin(), sorted.end());
  unsigned first = 3;
  for (const int fd : sorted) {
    if (fd < static_cast<int>(first)) continue;
    if (static_cast<unsigned>(fd) > first) ::close_range(first, static_cast<unsigned>(fd) - 1, 0);
    first = static_cast<unsigned>(fd) + 1;
  }
  ::close_range(first, ~0U, 0);
  const Fd nowhere(check(::open("/dev/null", O_RDWR | O_CLOEXEC), "open /dev/null"));
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO})
    check(::dup2(nowhere.get(), standard), "redirect to /dev/null");
}

void allow_many_files() {
  rlimit limit{};
  check(::getrlimit(RLIMIT_NOFILE, &limit), "ask for the limit of files");
  limit.rlim_cur = limit.rlim_max;
  // Refusal leaves the limit as it was, which is enough for a while.
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace shmoo::posix
