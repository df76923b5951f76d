// The owner of a server process: makes it, is a client of it, and ends it.
//
// The process that makes a Manager is the server's creator. The server ends with the Manager, or by itself as
// soon as the creator's process has ended, even by SIGKILL, and leaves no process, socket or folder behind.
// In a child made by fork() an inherited Manager is a client like any other: it neither ends the server nor
// may.
#pragma once
#include <string>

#include "posix/child.hpp"
#include "posix/private_folder.hpp"
#include "share/manager/client.hpp"

namespace shmoo::manager {

class Manager : public Client {
 public:
  struct Options {
    /// The server's: clients are spread over them. 0 = half as many as there are CPUs that this process may
    /// use, at least 1 and at most 4. More than 64 are 64.
    int threads = 0;
  };

  /// Starts a server with a socket in a new private folder. It can be reached when the constructor returns.
  /// Errors: std::system_error.
  Manager();
  explicit Manager(Options options);
  /// Starts a server with its socket at `address`, whose folder must keep others out. Errors: EADDRINUSE, ...
  explicit Manager(const std::string& address);
  Manager(const std::string& address, Options options);
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;
  ~Manager();

  pid_t pid() const { return server_->pid(); }
  bool alive() const { return server_->alive(); }

  /// Ends the server: asks it, after a second terminates it, after another kills it. All references become
  /// useless. Only in the creator; elsewhere, nothing. May be called again.
  void shutdown() noexcept;

 private:
  Manager(std::unique_ptr<posix::PrivateFolder> folder, Options options);
  Manager(const std::string& address, std::unique_ptr<posix::PrivateFolder>&& folder, Options options);
  void ask_to_end() const noexcept;

  std::unique_ptr<posix::PrivateFolder> folder_;  // null for an address that was given
  std::unique_ptr<posix::Child> server_;
  std::uint64_t generation_;
};

}  // namespace shmoo::manager
