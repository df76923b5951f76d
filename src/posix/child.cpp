#include "posix/child.hpp"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <sstream>

#include "posix/error.hpp"

namespace shmoo::posix {
namespace {

[[noreturn]] void run_child(const std::function<void()>& body, const Child::Options& options, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have died before the line above: then nobody would ever send that signal.
  if (::getppid() != parent) ::_exit(1);
  if (options.group >= 0) ::setpgid(0, options.group);
  if (options.name) ::prctl(PR_SET_NAME, options.name);
  // Handlers of the parent mean nothing here (see interrupt.hpp).
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::signal(number, SIG_DFL);
  int code = 0;
  try {
    body();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "shmoo: process %d: %s\n", static_cast<int>(::getpid()), error.what());
    code = 1;
  }
  std::fflush(nullptr);
  ::_exit(code);
}

}  // namespace

std::string Ending::text() const {
  if (signal == 0) return "exited with " + std::to_string(code);
  const char* name = ::sigabbrev_np(signal);
  return "died by " + (name ? "SIG" + std::string(name) : "signal " + std::to_string(signal));
}

Child::Child(const std::function<void()>& body, Options options) {
  // What is still buffered would be written twice, once by each process.
  std::fflush(nullptr);
  const pid_t parent = ::getpid();
  pid_ = check(::fork(), "fork");
  if (pid_ == 0) run_child(body, options, parent);
  // Both sides set the group, so that it is right whichever runs first.
  if (options.group >= 0) ::setpgid(pid_, options.group);
  // No race: the pid stays ours until we reap it.
  pidfd_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  if (!pidfd_) {
    const int code = errno;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    fail("open a pidfd", code);
  }
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::move(other.pidfd_)),
      reaped_(other.reaped_),
      ending_(other.ending_),
      usage_(other.usage_) {}

Child& Child::operator=(Child&& other) noexcept {
  if (this != &other) {
    end();
    pid_ = std::exchange(other.pid_, -1);
    pidfd_ = std::move(other.pidfd_);
    reaped_ = other.reaped_;
    ending_ = other.ending_;
    usage_ = other.usage_;
  }
  return *this;
}

Child::~Child() {
  end();
}

void Child::end() noexcept {
  if (pid_ < 0 || reaped_) return;
  ::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
  retry([&] { return ::waitpid(pid_, nullptr, 0); });
  reaped_ = true;
}

bool Child::alive() const {
  if (pid_ < 0 || reaped_) return false;
  pollfd ended{pidfd_.get(), POLLIN, 0};
  return ::poll(&ended, 1, 0) == 0;
}

bool Child::join(Deadline deadline) {
  if (pid_ < 0 || reaped_) return true;
  pollfd ended{pidfd_.get(), POLLIN, 0};
  while (::poll(&ended, 1, deadline.poll_ms()) <= 0)
    if (deadline.passed()) return false;
  int status = 0;
  check(retry([&] { return ::wait4(pid_, &status, 0, &usage_); }), "wait for a child");
  reaped_ = true;
  ending_ = WIFSIGNALED(status) ? Ending{0, WTERMSIG(status)} : Ending{WEXITSTATUS(status), 0};
  return true;
}

std::optional<Ending> Child::peek() const {
  if (pid_ < 0 || reaped_) return ending_;
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT | WNOHANG) < 0 || info.si_pid == 0)
    return std::nullopt;
  return info.si_code == CLD_EXITED ? Ending{info.si_status, 0} : Ending{0, info.si_status};
}

bool Child::stopped() const {
  if (pid_ < 0 || reaped_) return false;
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WSTOPPED | WNOWAIT | WNOHANG) == 0 &&
         info.si_pid != 0;
}

bool Child::dying() const {
  if (pid_ < 0 || reaped_) return true;
  const std::string folder = "/proc/" + std::to_string(pid_);
  const std::uint64_t kill_bit = std::uint64_t{1} << (SIGKILL - 1);
  // First what is still before it: a signal that is taken between the two looks shows in the second.
  std::ifstream status(folder + "/status");
  for (std::string line; std::getline(status, line);)
    if ((line.starts_with("SigPnd:") || line.starts_with("ShdPnd:")) &&
        (std::stoull(line.substr(7), nullptr, 16) & kill_bit))
      return true;
  std::ifstream file(folder + "/stat");
  std::string stat;
  std::getline(file, stat);
  // Behind the name, which may hold anything: state, five numbers, flags.
  std::istringstream fields(stat.substr(std::min(stat.size(), stat.rfind(')') + 1)));
  char state = 'X';
  std::int64_t number = 0;
  std::uint64_t flags = 0;
  fields >> state;
  for (int i = 0; i < 5; ++i) fields >> number;
  fields >> flags;
  constexpr std::uint64_t kExiting = 4;  // PF_EXITING, see proc(5)
  return state == 'Z' || state == 'X' || (flags & kExiting);
}

void Child::signal(int number) const {
  if (pid_ < 0 || reaped_) return;
  check(::syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0), "signal a child");
}

void Child::terminate() const {
  signal(SIGTERM);
}
void Child::kill() const {
  signal(SIGKILL);
}

void kill_group(pid_t group) noexcept {
  if (group > 0) ::kill(-group, SIGKILL);
}

void reap_group(pid_t group) noexcept {
  if (group <= 0) return;
  while (retry([&] { return ::waitpid(-group, nullptr, 0); }) > 0) {
  }
}

void become_subreaper() {
  check(::prctl(PR_SET_CHILD_SUBREAPER, 1), "become a subreaper");
}

void leave(int code) {
  ::_exit(code);
}

}  // namespace shmoo::posix
