// What all liars share: when they lie, what may befall a process in the middle of an operation, and what a
// launch says of it.
//
// A liar is a mechanism that keeps its contract but for one call. It must lie at the same call in each run of
// the test, however the processes are scheduled, so calls are counted in each process by itself, from the
// fork on; the first process to come to the chosen call lies, and nobody after it.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <functional>
#include <memory>
#include <string>

#include "harness/launch.hpp"
#include "posix/mapping.hpp"

namespace shmoo::test {

/// The chosen call. Made before the fork.
class Moment {
 public:
  /// `call` counts from 0, in a forked process.
  explicit Moment(std::uint64_t call) : call_(call), maker_(::getpid()), process_(maker_), taken_(0, false) {}

  /// Counts a call. @return whether it is the one to lie in.
  bool now() {
    if (const pid_t process = ::getpid(); process != process_) {
      process_ = process;
      count_ = 0;
    }
    return process_ != maker_ && count_++ == call_ && !taken_->exchange(true);
  }

 private:
  std::uint64_t call_;
  pid_t maker_;
  pid_t process_;
  std::uint64_t count_ = 0;
  posix::Shared<std::atomic<bool>> taken_;
};

/// What may befall a process in the middle of an operation.
enum class Fate { none, freezes, is_stopped, exits, is_killed };

inline void meet(Fate fate) {
  switch (fate) {
    case Fate::none:
      return;
    case Fate::freezes:
      for (;;) ::pause();
    case Fate::is_stopped:
      ::raise(SIGSTOP);
      return;
    case Fate::exits:
      ::_exit(0);
    case Fate::is_killed:
      ::raise(SIGKILL);
  }
}

/// For launches that must end by themselves; no test waits so long.
inline constexpr posix::Nanoseconds kPlenty = std::chrono::seconds(100);
/// For launches that must meet their deadline: time enough, on a busy machine, to come to the lie.
inline constexpr posix::Nanoseconds kShort = std::chrono::seconds(2);

using MakeJob = std::function<std::unique_ptr<bench::Job>(const bench::Cell&)>;

/// One launch of `operations` with a tenth of that as warm-up. @return why it failed; "" when it was proven.
/// A process that is left behind is a failure of the test.
inline std::string verdict(bench::Cell cell, std::uint64_t operations, const MakeJob& make,
                           posix::Nanoseconds limit = kPlenty) {
  posix::become_subreaper();
  std::string reason;
  {
    bench::Candidate candidate;
    candidate.cell = std::move(cell);
    candidate.make = [&] { return make(candidate.cell); };
    try {
      bench::Launch(candidate, operations, limit).run();
    } catch (const bench::LaunchFailed& failed) {
      reason = failed.what();
    }
  }
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a process is left behind";
  EXPECT_EQ(errno, ECHILD);
  return reason;
}

/// The cell of a liar: names matter to nobody, bytes and procs do.
inline bench::Cell cell_of(std::uint64_t bytes, int procs) {
  return {"test", "test", "liar", bytes, procs, {}};
}

}  // namespace shmoo::test
