#include "posix/private_server.hpp"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <system_error>

#include "posix/fork_generation.hpp"
#include "posix/poll.hpp"
#include "posix/program.hpp"
#include "posix/rest.hpp"
#include "posix/server_process.hpp"
#include "posix/socket.hpp"

namespace shmoo::posix {
namespace {

constexpr std::string_view kSocketName = "socket";

bool listens(const std::string& address) {
  try {
    return static_cast<bool>(connect_unix(address));
  } catch (const std::system_error&) {
    return false;
  }
}

}  // namespace

std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path ? path : "/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string file = (folder.empty() ? "." : folder) + '/' + name;
    std::error_code ignored;
    if (std::filesystem::is_regular_file(file, ignored) && ::access(file.c_str(), X_OK) == 0) return file;
  }
  return "";
}

PrivateServer::PrivateServer(
    const std::string& program,
    const std::function<std::vector<std::string>(const std::string& address)>& arguments,
    Nanoseconds patience)
    : folder_(kSocketName.size()),
      address_(folder_.path() + '/' + std::string(kSocketName)),
      server_(0, 0),
      generation_(fork_generation()) {
  const Fd creator_watch = watch_self();
  const std::vector<std::string> words = arguments(address_);
  guard_ = std::make_unique<Child>([&] { guard(program, words, creator_watch.get()); },
                                   Child::Options{.name = "shmoo-guard"});
  await(patience);
}

// Runs in the guard.
void PrivateServer::guard(const std::string& program, const std::vector<std::string>& arguments,
                          int creator_watch) {
  const std::array<int, 1> kept{creator_watch};
  keep_only(kept);
  const Fd terminate = take_server_signals();
  survive_parent_thread();
  {
    Child server([&] { become(program, arguments); });
    *server_ = server.pid();
    const std::array<int, 3> any{creator_watch, terminate.get(), server.pidfd()};
    wait_readable(any, Deadline::never());
  }
  folder_.remove();
}

void PrivateServer::await(Nanoseconds patience) {
  for (const Deadline deadline = Deadline::in(patience); !listens(address_);
       nap(std::chrono::milliseconds(1))) {
    if (!guard_->alive()) throw std::runtime_error("the server program ended before it listened");
    if (deadline.passed()) throw std::runtime_error("the server program does not listen");
  }
}

PrivateServer::~PrivateServer() {
  if (generation_ != fork_generation()) {
    // The parent's: a Child's destructor would kill it from here.
    static_cast<void>(guard_.release());
    return;
  }
  try {
    guard_->terminate();
    if (guard_->join(Deadline::in(std::chrono::seconds(5)))) return;
  } catch (const std::exception&) {
    // It has ended by itself, or is killed now.
  }
}

}  // namespace shmoo::posix
