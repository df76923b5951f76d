// A program run as a child: what it reads comes from us, what it prints comes to us.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "posix/child.hpp"
#include "posix/fd.hpp"

namespace shmoo::posix {

/// Starts `path` with `arguments` (without argv[0]). Its stdin and stdout are pipes to us, its stderr is
/// ours. It gets SIGTERM when we die, so that it can clean up. Destruction kills it. Errors:
/// std::system_error; exit code 127 when the program cannot be executed.
class Program {
 public:
  Program(const std::string& path, const std::vector<std::string>& arguments);

  Child& process() { return child_; }
  int stdout_fd() const { return out_.get(); }
  /// Writes all of `text` to its stdin and closes it; what the program does not read is lost silently.
  void feed(const std::string& text);
  /// Reads what is there, at most until the pipe blocks again. @return false at the end of its output.
  bool drain(std::string& into);

 private:
  Fd in_;
  Fd out_;
  Child child_;
};

/// A pipe that no program inherits: read end, write end.
std::pair<Fd, Fd> private_pipe();

/// In a fresh child: becomes `path` with `arguments` (without argv[0]) and no signal held back. Exit code 127
/// when it cannot be executed.
[[noreturn]] void become(const std::string& path, std::vector<std::string> arguments);

/// Runs `path` with our stdin, stdout and stderr and waits for its end.
Ending run_attached(const std::string& path, const std::vector<std::string>& arguments);

/// The file of the running program, for starting it again; works without /proc.
std::string own_program();

}  // namespace shmoo::posix
