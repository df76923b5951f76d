#include "harness/probes/echo.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "harness/probes/echo_bursts.hpp"
#include "harness/probes/line_echo.hpp"
#include "posix/epoll.hpp"
#include "posix/fd.hpp"
#include "posix/server_process.hpp"
#include "posix/socket.hpp"
#include "posix/tcp.hpp"
#include "share/manager/buffer.hpp"
#include "share/manager/protocol.hpp"
#include "sync/patience.hpp"
#include "sync/patient_socket.hpp"

namespace shmoo::bench::probes {
namespace {

using manager::ReplyHeader;
using manager::RequestHeader;

/// One end of a connection, of whichever transport.
class Wire {
 public:
  virtual ~Wire() = default;
  virtual posix::Transfer send_now(const void* data, std::size_t bytes) = 0;
  virtual posix::Transfer receive_now(void* data, std::size_t bytes) = 0;
  /// Waits as the process's patience says: for at least one byte, the end, or until the other end counts as
  /// lost (`would_block`).
  virtual posix::Transfer receive_some(void* data, std::size_t bytes) = 0;
  /// Waits until something can be sent.
  virtual void wait() = 0;
  virtual int descriptor() const = 0;
};

/// A stream socket of any family.
class SocketWire final : public Wire {
 public:
  explicit SocketWire(posix::Fd socket) : socket_(std::move(socket)) {}
  posix::Transfer send_now(const void* data, std::size_t bytes) override {
    return posix::send_now(socket_.get(), data, bytes);
  }
  posix::Transfer receive_now(void* data, std::size_t bytes) override {
    return posix::receive_now(socket_.get(), data, bytes);
  }
  posix::Transfer receive_some(void* data, std::size_t bytes) override {
    return sync::receive_patiently(socket_.get(), data, bytes);
  }
  void wait() override { posix::wait_for_socket(socket_.get()); }
  int descriptor() const override { return socket_.get(); }

 private:
  posix::Fd socket_;
};

/// A connection: the client's end stays here, the server's goes to the server.
struct Ends {
  std::unique_ptr<Wire> client;
  std::unique_ptr<Wire> server;
};

Ends ends_of(std::pair<posix::Fd, posix::Fd> pair) {
  auto& [here, there] = pair;
  posix::limit_waiting(here.get(), kLost);
  return {std::make_unique<SocketWire>(std::move(here)), std::make_unique<SocketWire>(std::move(there))};
}

/// Sends all of it. @return false when the other end is gone.
bool send_all(Wire& wire, const char* data, std::size_t bytes) {
  while (bytes > 0) {
    const posix::Transfer sent = wire.send_now(data, bytes);
    if (sent.state == posix::Transfer::ended) return false;
    if (sent.state == posix::Transfer::would_block)
      wire.wait();
    else
      data += sent.bytes, bytes -= sent.bytes;
  }
  return true;
}

/// One server process: reads, finds the whole frames, writes the answers.
class Server {
 public:
  explicit Server(std::vector<std::unique_ptr<Wire>> wires) {
    for (auto& wire : wires) clients_.push_back({std::move(wire), {}});
  }

  /// Until no client is left.
  void serve() {
    // One client alone needs no telling apart.
    if (clients_.size() == 1) {
      Client& only = clients_.front();
      while (
          take(only, [&](void* room, std::size_t bytes) { return only.wire->receive_some(room, bytes); })) {
      }
      return;
    }
    posix::Epoll epoll;
    for (Client& client : clients_) epoll.watch(client.wire->descriptor(), EPOLLIN, &client);
    std::array<epoll_event, 64> room;
    for (std::size_t left = clients_.size(); left > 0;) {
      std::span<epoll_event> events;
      const auto look = [&] {
        events = epoll.wait(room, posix::Deadline::now());
        return !events.empty();
      };
      if (!sync::call_until(look)) events = epoll.wait(room, posix::Deadline::never());
      for (const epoll_event& event : events) {
        Client& client = *static_cast<Client*>(event.data.ptr);
        if (take(client,
                 [&](void* into, std::size_t bytes) { return client.wire->receive_now(into, bytes); }))
          continue;
        epoll.forget(client.wire->descriptor());
        --left;
      }
    }
  }

 private:
  struct Client {
    std::unique_ptr<Wire> wire;
    manager::Buffer in;
  };
  static constexpr std::size_t kChunk = 64 << 10;

  /// Receives once and answers what is whole. @return false when the client is gone.
  template <class Receive>
  bool take(Client& client, Receive receive) {
    char* room = client.in.room(kChunk);
    const posix::Transfer got = receive(room, client.in.spare());
    if (got.state == posix::Transfer::would_block) return true;
    if (got.state == posix::Transfer::ended) return false;
    client.in.commit(got.bytes);
    while (client.in.size() >= sizeof(RequestHeader)) {
      RequestHeader header;
      std::memcpy(&header, client.in.data(), sizeof header);
      const std::size_t whole = sizeof header + header.bytes;
      if (client.in.size() < whole) return true;
      client.in.consume(whole);
      if (!answer(*client.wire, header)) return false;
    }
    return true;
  }

  /// `object` says how long an answer is wanted.
  bool answer(Wire& wire, const RequestHeader& header) {
    ReplyHeader reply;
    reply.bytes = static_cast<std::uint32_t>(header.object);
    reply.request = header.request;
    out_.resize(std::max(out_.size(), sizeof reply + reply.bytes));
    std::memcpy(out_.data(), &reply, sizeof reply);
    return send_all(wire, out_.data(), sizeof reply + reply.bytes);
  }

  std::vector<Client> clients_;
  std::vector<char> out_;
};

/// Forms: the payload goes there, or comes back; the server sits beside its first client, or elsewhere, as
/// far as its seats allow: which of the two makes more of a difference than all that a server does. Beside
/// each other they only sit where they do not spin.
class Echo final : public EchoBursts {
 public:
  /// As the cell waits, but that nobody spins where processes share CPUs.
  static sync::Patience pace(int clients, const std::vector<int>& seats) {
    const int processes = clients + servers_for(clients, seats);
    sync::Patience pace = sync::patience();
    if (static_cast<std::size_t>(processes) > posix::allowed_cpus().size()) pace.spins = 0;
    return pace;
  }

  Echo(std::uint64_t bytes, std::vector<Ends> lines, const std::vector<int>& seats, sync::Patience pace)
      : EchoBursts(static_cast<int>(lines.size()), pace.spins > 0 ? kForms / 2 : kForms, bytes, seats),
        pace_(pace) {
    const auto count = static_cast<std::size_t>(servers());
    std::vector<std::vector<std::unique_ptr<Wire>>> ends(count);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      ends[i % count].push_back(std::move(lines[i].server));
      wires_.push_back(std::move(lines[i].client));
    }
    start([&ends, pace](int server) {
      // Until the next burst it is in nobody's way.
      sync::patience() = {std::min(pace.spins, sync::spins_for(kAwakeNs)),
                          std::min(pace.yields, kMostYields)};
      auto& mine = ends[static_cast<std::size_t>(server)];
      std::vector<int> kept;
      for (const auto& wire : mine) kept.push_back(wire->descriptor());
      posix::keep_only(kept);
      Server(std::move(mine)).serve();
    });
  }

 private:
  static constexpr int kForms = 4;
  static constexpr std::int64_t kAwakeNs = 50'000;
  static constexpr std::uint32_t kMostYields = 16;

  std::uint64_t most_trips(int) const override { return pace_.spins > 0 ? 32 : 8; }
  static bool there(int form) { return form % 2 == 0; }
  bool beside(int form) const { return pace_.spins == 0 && form / 2 == 0; }

  bool prepare(int party, int form) override {
    before_ = sync::patience();
    sync::patience() = pace_;
    // Where it waits awake, an empty request that is not timed wakes it.
    return seat_server(party, beside(form)) && (sync::calls_of_patience() == 0 || exchange(party, 0, 0));
  }
  void rest(int) override { sync::patience() = before_; }

  bool trip(int party, int form) override {
    return there(form) ? exchange(party, bytes(), 0) : exchange(party, 0, bytes());
  }

  bool exchange(int party, std::uint64_t there, std::uint64_t back) {
    Wire& wire = *wires_[static_cast<std::size_t>(party)];
    RequestHeader header;
    header.bytes = static_cast<std::uint32_t>(there);
    header.object = back;
    const std::size_t request = sizeof header + header.bytes;
    const std::size_t reply = sizeof(ReplyHeader) + header.object;
    room_.resize(std::max({room_.size(), request, reply}));
    std::memcpy(room_.data(), &header, sizeof header);
    if (!send_all(wire, room_.data(), request)) return false;
    for (std::size_t got = 0; got < reply;) {
      const posix::Transfer part = wire.receive_some(room_.data() + got, reply - got);
      if (part.state != posix::Transfer::done) return false;
      got += part.bytes;
    }
    return true;
  }

  const sync::Patience pace_;
  std::vector<std::unique_ptr<Wire>> wires_;  // each party uses its own
  // A process's own.
  sync::Patience before_;
  std::vector<char> room_;
};

/// What connects, or nothing where there is no loopback device.
std::optional<std::pair<posix::Fd, posix::Fd>> loopback_pair() {
  try {
    return posix::connected_tcp_pair(posix::Deadline::in(kLost));
  } catch (const std::system_error&) {
    return std::nullopt;
  }
}

}  // namespace

std::unique_ptr<Probe> make_echo(Floor floor, std::uint64_t bytes, int clients,
                                 const std::vector<int>& seats) {
  std::vector<Ends> lines;
  switch (floor) {
    case Floor::echo_shm:
      return make_line_echo(bytes, clients, seats);
    case Floor::echo_socket:
      for (int client = 0; client < clients; ++client) lines.push_back(ends_of(posix::connected_pair()));
      break;
    case Floor::echo_tcp:
      for (int client = 0; client < clients; ++client) {
        auto pair = loopback_pair();
        if (!pair) return nullptr;
        lines.push_back(ends_of(std::move(*pair)));
      }
      break;
    default:
      return nullptr;
  }
  return std::make_unique<Echo>(bytes, std::move(lines), seats, Echo::pace(clients, seats));
}

}  // namespace shmoo::bench::probes
