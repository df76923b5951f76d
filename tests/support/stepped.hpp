// A process that is taken through a piece of code one machine instruction at a time, so that a test can look
// at shared memory between any two instructions, or kill the process there.
#pragma once
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <stdexcept>

#include "support/processes.hpp"

namespace shmoo::test {

class Stepped {
 public:
  /// Forks a process that stands before the first instruction of `body`; the destructor kills it wherever it
  /// is. `before`: what the process does first, at its own speed.
  explicit Stepped(
      const std::function<void()>& body, const std::function<void()>& before = [] {})
      : child_([this, &body, &before] {
          before();
          ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
          ::raise(SIGSTOP);
          body();
          finished_.raise();
        }) {
    if (!stopped()) throw std::runtime_error("the stepped process ended before its first step");
  }

  /// Lets it run `instructions` of them, or to its end. @return false when it has left `body`.
  bool step(int instructions = 1) {
    while (!finished_.raised() && instructions-- > 0) {
      if (::ptrace(PTRACE_SINGLESTEP, child_.pid(), nullptr, nullptr) != 0 || !stopped())
        throw std::runtime_error("the stepped process is gone");
    }
    return !finished_.raised();
  }

  /// Runs it to its end. @return how many instructions that took.
  int run_to_end() {
    int count = 0;
    while (step()) ++count;
    return count;
  }

 private:
  bool stopped() const {
    int status = 0;
    return ::waitpid(child_.pid(), &status, 0) == child_.pid() && WIFSTOPPED(status);
  }

  Flag finished_;
  posix::Child child_;
};

}  // namespace shmoo::test
