#include "share/manager/manager.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include "posix/affinity.hpp"
#include "posix/fork_generation.hpp"
#include "posix/server_process.hpp"
#include "posix/socket.hpp"
#include "share/manager/service.hpp"

namespace shmoo::manager {
namespace {

constexpr std::string_view kSocketName = "socket";

void run_server(ServiceParts parts) {
  const std::array<int, 2> kept{parts.listener.get(), parts.creator_watch.get()};
  posix::keep_only(kept);
  parts.terminate = posix::take_server_signals();
  // The creator's process counts, not the thread that made us; and we have to clean up after it.
  posix::survive_parent_thread();
  posix::allow_many_files();
  serve(std::move(parts));
}

/// Half of the CPUs: the other half is for the clients, who wait while the server works.
int threads_of(const Manager::Options& options) {
  if (options.threads > 0) return std::min(options.threads, 64);
  return std::clamp(static_cast<int>(posix::allowed_cpus().size()) / 2, 1, 4);
}

}  // namespace

Manager::Manager() : Manager(Options()) {}
Manager::Manager(Options options)
    : Manager(std::make_unique<posix::PrivateFolder>(kSocketName.size()), options) {}
Manager::Manager(const std::string& address) : Manager(address, Options()) {}
Manager::Manager(const std::string& address, Options options)
    : Manager(address, std::unique_ptr<posix::PrivateFolder>(), options) {}
Manager::Manager(std::unique_ptr<posix::PrivateFolder> folder, Options options)
    : Manager(folder->path() + '/' + std::string(kSocketName), std::move(folder), options) {}

Manager::Manager(const std::string& address, std::unique_ptr<posix::PrivateFolder>&& folder, Options options)
    : Client(address), folder_(std::move(folder)), generation_(posix::fork_generation()) {
  ServiceParts parts;
  parts.listener = posix::listen_unix(address);
  parts.creator_watch = posix::watch_self();
  parts.creator = posix::own_pid();
  parts.loops = threads_of(options);
  parts.remove_socket = [this, address] {
    std::error_code ignored;
    std::filesystem::remove(address, ignored);
    if (folder_) folder_->remove();
  };
  server_ = std::make_unique<posix::Child>([&parts] { run_server(std::move(parts)); },
                                           posix::Child::Options{.name = "shmoo-manager"});
  // From here on only the server listens, so that its end is seen by who connects.
  parts = {};
  // Its first answer tells that it has taken charge of itself: until then it would die with us without
  // cleaning up.
  static_cast<void>(objects());
}

Manager::~Manager() {
  shutdown();
  // A pidfd of the parent's would kill its server from here.
  if (generation_ != posix::fork_generation()) static_cast<void>(server_.release());
}

void Manager::shutdown() noexcept {
  if (generation_ != posix::fork_generation() || !server_->alive()) return;
  const auto within_a_second = [&] { return server_->join(posix::Deadline::in(std::chrono::seconds(1))); };
  try {
    ask_to_end();
    if (within_a_second()) return;
    server_->terminate();
    if (within_a_second()) return;
    server_->kill();
    within_a_second();
  } catch (const std::exception&) {
    // The Child's destructor kills what could not be asked.
  }
}

void Manager::ask_to_end() const noexcept {
  try {
    // One way: a server that does not answer must not keep us waiting. On a link of its own, which cannot be
    // full.
    Link link(place()->connect());
    link.begin(kServer, Method::shutdown, 0, kOneWay);
    link.end();
    link.flush();
  } catch (const std::exception&) {
    // It does not listen any more.
  }
}

}  // namespace shmoo::manager
