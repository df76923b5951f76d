#include "share/manager/manager.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <stdexcept>

#include "posix/affinity.hpp"
#include "posix/fork_generation.hpp"
#include "posix/server_process.hpp"
#include "posix/socket.hpp"
#include "posix/tcp.hpp"
#include "share/manager/connect.hpp"
#include "share/manager/handshake.hpp"
#include "share/manager/service.hpp"

namespace shmoo::manager {
namespace {

constexpr std::string_view kSocketName = "socket";

void run_server(ServiceParts parts) {
  const std::array<int, 3> kept{parts.listener.get(), parts.tcp_listener.get(), parts.creator_watch.get()};
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

/// What there is before the server is: addresses, and the sockets that listen at them.
struct Manager::Ready {
  /// `path` = "": in a new private folder.
  Ready(const std::string& path, const Options& options)
      : folder(path.empty() ? std::make_unique<posix::PrivateFolder>(kSocketName.size()) : nullptr),
        socket(folder ? folder->path() + '/' + std::string(kSocketName) : path),
        key(options.key.empty() ? make_key() : options.key),
        address{options.transport, socket, {}} {
    parts.loops = threads_of(options);
    if (!options.tcp.empty() || options.transport == Transport::tcp) {
      tcp = HostPort::parse(options.tcp.empty() ? kUsualTcp : options.tcp);
      parts.tcp_listener = posix::listen_tcp(tcp->host, tcp->port);
      tcp->port = posix::port_of(parts.tcp_listener.get());
      if (options.transport == Transport::tcp) address = {Transport::tcp, "", *tcp};
    }
    parts.listener = posix::listen_unix(socket);
  }

  static constexpr const char* kUsualTcp = "127.0.0.1:0";
  std::unique_ptr<posix::PrivateFolder> folder;
  std::string socket;
  std::optional<HostPort> tcp;
  std::string key;
  Address address;
  ServiceParts parts;
};

Manager::Manager() : Manager(Options()) {}
Manager::Manager(const Options& options) : Manager(Ready("", options)) {}
Manager::Manager(const std::string& path) : Manager(path, Options()) {}
Manager::Manager(const std::string& path, const Options& options) : Manager(Ready(path, options)) {}

Manager::Manager(Ready ready)
    : Client(std::make_shared<Place>(std::move(ready.address), ready.key)),
      folder_(std::move(ready.folder)),
      socket_(std::move(ready.socket)),
      tcp_(ready.tcp ? Address{Transport::tcp, "", *ready.tcp}.text() : ""),
      key_(std::move(ready.key)),
      generation_(posix::fork_generation()) {
  ServiceParts& parts = ready.parts;
  parts.key = key_;
  parts.creator_watch = posix::watch_self();
  parts.creator = posix::own_pid();
  parts.remove_socket = [this] {
    std::error_code ignored;
    std::filesystem::remove(socket_, ignored);
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

std::string Manager::address(Transport transport) const {
  if (transport != Transport::tcp) return Address{transport, socket_, {}}.text();
  if (tcp_.empty()) throw std::invalid_argument("this manager does not listen for TCP");
  return tcp_;
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
    // full. By the socket, whose other end knows who we are.
    Link link(connect({Transport::socket, socket_, {}}, ""));
    link.begin(kServer, Method::shutdown, 0, kOneWay);
    link.end();
    link.flush();
  } catch (const std::exception&) {
    // It does not listen any more.
  }
}

}  // namespace shmoo::manager
