// A server program of somebody else's, for us alone: it listens at a socket in a private folder and ends with
// the process that started it.
//
// Between it and us stands a guard, a forked process that waits for three things: that the server ends, that
// we end it, and that our process dies, by SIGKILL too. In each case it kills the server and removes the
// folder. Who inherits a PrivateServer by fork may use its address; only its maker ends it. If guard and
// maker are killed at once the server dies with the guard, and the folder stays until remove_leftovers()
// finds its maker dead.
#pragma once
#include <sys/types.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "posix/child.hpp"
#include "posix/clock.hpp"
#include "posix/mapping.hpp"
#include "posix/private_folder.hpp"

namespace shmoo::posix {

/// The file of a program in PATH; "" when there is none.
std::string find_program(const std::string& name);

class PrivateServer {
 public:
  /// `program` is a path; `arguments` (without argv[0]) are made from the address to listen at. Its standard
  /// output is lost, its standard error is ours. It can be reached when the constructor returns. Errors:
  /// std::system_error; std::runtime_error when it ends or does not listen within `patience`.
  PrivateServer(const std::string& program,
                const std::function<std::vector<std::string>(const std::string& address)>& arguments,
                Nanoseconds patience = std::chrono::seconds(20));
  PrivateServer(const PrivateServer&) = delete;
  PrivateServer& operator=(const PrivateServer&) = delete;
  ~PrivateServer();

  const std::string& address() const { return address_; }
  /// The server's process, not the guard's.
  pid_t pid() const { return *server_; }

 private:
  void guard(const std::string& program, const std::vector<std::string>& arguments, int creator_watch);
  void await(Nanoseconds patience);

  PrivateFolder folder_;
  std::string address_;
  Shared<std::atomic<pid_t>> server_;
  std::unique_ptr<Child> guard_;
  std::uint64_t generation_;
};

}  // namespace shmoo::posix
