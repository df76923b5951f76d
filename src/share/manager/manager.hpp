// The owner of a server process: makes it, is a client of it, and ends it.
//
// The process that makes a Manager is the server's creator. The server ends with the Manager, or by itself as
// soon as the creator's process has ended, even by SIGKILL, and leaves no process, socket or folder behind.
// In a child made by fork() an inherited Manager is a client like any other: it neither ends the server nor
// may.
#pragma once
#include <memory>
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
    /// By which the Manager itself calls, and what children inherit of it. Others choose for themselves.
    Transport transport = Transport::socket;
    /// "host:port" where it listens for TCP as well, port 0 = any; "" = nowhere, or at 127.0.0.1:0 when
    /// `transport` is tcp.
    std::string tcp = "";
    /// What TCP clients must know, any bytes; "" = made at random.
    std::string key = "";
  };

  /// Starts a server with a socket in a new private folder. It can be reached when the constructor returns.
  /// Errors: std::system_error, std::invalid_argument for what is no place to listen at.
  Manager();
  explicit Manager(const Options& options);
  /// Starts a server with its socket at `path`, whose folder must keep others out. Errors: EADDRINUSE, ...
  explicit Manager(const std::string& path);
  Manager(const std::string& path, const Options& options);
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;
  ~Manager();

  pid_t pid() const { return server_->pid(); }
  bool alive() const { return server_->alive(); }
  using Client::address;
  /// Where a client finds it by this transport. Throws std::invalid_argument for TCP when it does not listen
  /// there.
  std::string address(Transport transport) const;
  /// What a client over TCP has to know, bytes. Keep it from others.
  const std::string& key() const { return key_; }

  /// Ends the server: asks it, after a second terminates it, after another kills it. All references become
  /// useless. Only in the creator; elsewhere, nothing. May be called again.
  void shutdown() noexcept;

 private:
  struct Ready;
  explicit Manager(Ready ready);
  void ask_to_end() const noexcept;

  std::unique_ptr<posix::PrivateFolder> folder_;  // null for a path that was given
  std::string socket_;
  std::string tcp_;  // address with the port that was bound; "" = none
  std::string key_;
  std::unique_ptr<posix::Child> server_;
  std::uint64_t generation_;
};

}  // namespace shmoo::manager
