// A forked process with one owner.
#pragma once
#include <sys/resource.h>
#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

#include "posix/clock.hpp"
#include "posix/fd.hpp"

namespace shmoo::posix {

/// How a process ended.
struct Ending {
  int code = 0;    ///< exit code, when `signal` is 0
  int signal = 0;  ///< the signal that ended it, or 0
  bool good() const { return code == 0 && signal == 0; }
  /// "exited with 3" or "died by SIGKILL".
  std::string text() const;
};

/// A child process, like Python's multiprocessing.Process. The destructor kills and reaps what still runs, so
/// no child outlives its Child; and the kernel kills the child when the forking thread dies
/// (PR_SET_PDEATHSIG), so none outlives that. Only a single-threaded process should fork; the child runs
/// `body` and leaves with _exit: no atexit handler and no destructor of the parent's runs in it. An exception
/// that leaves `body` is printed in one line and makes exit code 1. One thread at a time may use a Child, and
/// only in the process that made it.
class Child {
 public:
  struct Options {
    pid_t group = -1;            ///< process group to join: 0 = a new one led by the child, -1 = the parent's
    const char* name = nullptr;  ///< thread name shown by ps, at most 15 characters
  };

  Child() = default;
  explicit Child(const std::function<void()>& body) : Child(body, Options()) {}
  Child(const std::function<void()>& body, Options options);
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  ~Child();

  pid_t pid() const { return pid_; }
  /// Readable (poll) when the process has ended.
  int pidfd() const { return pidfd_.get(); }
  /// True until the process has ended. False for an empty Child.
  bool alive() const;
  /// Waits for the end; the process is reaped then. @return false when the deadline passed first.
  bool join(Deadline deadline = Deadline::never());
  /// How it ended, without reaping it: nothing while it runs. A process group lives as long as its leader is
  /// not reaped.
  std::optional<Ending> peek() const;
  /// Whether a signal has stopped it (SIGSTOP and its like) and none let it go on.
  bool stopped() const;
  /// Whether it is on its way out, or has a SIGKILL before it: soon peek() will say how it ended. The kernel
  /// tells others of a death (robust locks, closed sockets) before it tells the parent. True when it has
  /// ended.
  bool dying() const;
  /// How it ended; valid after join() returned true.
  const Ending& ending() const { return ending_; }
  /// What it used; valid after join() returned true. Times include children that it waited for.
  const rusage& usage() const { return usage_; }
  /// Sends a signal through the pidfd: never reaches another process that got the same pid.
  void signal(int number) const;
  void terminate() const;
  void kill() const;

 private:
  void end() noexcept;
  pid_t pid_ = -1;
  Fd pidfd_;
  bool reaped_ = false;
  Ending ending_;
  rusage usage_{};
};

/// Kills every process of a group that a child of ours leads or led (Options::group).
void kill_group(pid_t group) noexcept;

/// Waits for the end of every child of ours in the group that no Child owns: orphans left to us, see
/// become_subreaper(). Call after kill_group(), when the group's Children are gone.
void reap_group(pid_t group) noexcept;

/// Orphans of our descendants become our children, so that reap_group() finds them.
void become_subreaper();

/// Ends this process at once: no atexit handler, no destructor, nothing flushed. How a member of a team
/// leaves.
[[noreturn]] void leave(int code);

}  // namespace shmoo::posix
