#include "harness/probes/echo.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstring>
#include <system_error>
#include <vector>

#include "harness/probes/bursts.hpp"
#include "posix/affinity.hpp"
#include "posix/child.hpp"
#include "posix/epoll.hpp"
#include "posix/fd.hpp"
#include "posix/server_process.hpp"
#include "posix/socket.hpp"
#include "share/manager/buffer.hpp"
#include "share/manager/protocol.hpp"

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
  /// Waits for at least one byte, the end, or until the other end counts as lost (`would_block`).
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
    return posix::receive_some(socket_.get(), data, bytes);
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

Ends socket_ends() {
  auto [here, there] = posix::connected_pair();
  posix::limit_waiting(here.get(), kLost);
  return {std::make_unique<SocketWire>(std::move(here)),
          std::make_unique<SocketWire>(std::move(there))};
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
      while (take(only, [&](void* room, std::size_t bytes) { return only.wire->receive_some(room, bytes); })) {
      }
      return;
    }
    posix::Epoll epoll;
    for (Client& client : clients_) epoll.watch(client.wire->descriptor(), EPOLLIN, &client);
    std::array<epoll_event, 64> room;
    for (std::size_t left = clients_.size(); left > 0;)
      for (const epoll_event& event : epoll.wait(room, posix::Deadline::never())) {
        Client& client = *static_cast<Client*>(event.data.ptr);
        if (take(client, [&](void* into, std::size_t bytes) { return client.wire->receive_now(into, bytes); }))
          continue;
        epoll.forget(client.wire->descriptor());
        --left;
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

/// As many as the manager would have threads.
int servers_for(int clients) {
  return std::min(clients, std::clamp(static_cast<int>(posix::allowed_cpus().size()) / 2, 1, 4));
}

/// All parties call at the same time, each as soon as its last call was answered. The rate of all together is
/// the sum of their own rates: when some began late it comes out too high, and the floor too low, never too high.
class Echo final : public Bursts {
 public:
  Echo(std::uint64_t bytes, std::vector<Ends> lines)
      : Bursts(static_cast<int>(lines.size()), kForms),
        bytes_(std::min(bytes, kLongestEcho)),
        board_(lines.size() * sizeof(Took)) {
    const auto count = static_cast<std::size_t>(servers_for(parties()));
    std::vector<std::vector<std::unique_ptr<Wire>>> ends(count);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      ends[i % count].push_back(std::move(lines[i].server));
      wires_.push_back(std::move(lines[i].client));
      new (&took(static_cast<int>(i))) Took;
    }
    for (auto& mine : ends) {
      posix::Child::Options options;
      options.group = servers_.empty() ? 0 : servers_.front().pid();
      options.name = "shmoo-echo";
      servers_.emplace_back(
          [&mine] {
            std::vector<int> kept;
            for (const auto& wire : mine) kept.push_back(wire->descriptor());
            posix::keep_only(kept);
            Server(std::move(mine)).serve();
          },
          options);
    }
  }

 private:
  /// Forms: the payload goes there, or comes back; the server sits beside its first client, or elsewhere. Where a
  /// mechanism's server sits is the kernel's choice, and makes more of a difference than all that it does.
  static constexpr int kForms = 4;
  static bool there(int form) { return form % 2 == 0; }
  static bool beside(int form) { return form / 2 == 0; }
  static constexpr std::uint64_t kEnough = 256 << 10;  // bytes of a burst: every form has to come

  struct alignas(posix::kPad) Took {
    double ns = 0;  // per trip
  };
  struct Board {
    alignas(posix::kPad) std::atomic<int> done{0};
    sync::Event all_done;
  };
  Took& took(int party) const { return reinterpret_cast<Took*>(board_.tail())[party]; }

  std::uint64_t trips() const {
    const auto bytes = std::max<std::uint64_t>(bytes_, 1) * static_cast<std::uint64_t>(parties());
    return std::clamp<std::uint64_t>(kEnough / bytes, 1, 8);
  }
  std::uint64_t operations(int) const override { return trips() * static_cast<std::uint64_t>(parties()); }

  /// @return false when the server is gone or does not answer.
  bool trip(Wire& wire, int form) {
    RequestHeader header;
    header.bytes = there(form) ? static_cast<std::uint32_t>(bytes_) : 0;
    header.object = there(form) ? 0 : bytes_;
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

  /// The first client of a server says where it sits. @return false when it is gone.
  bool seat_server(int party, int form) {
    const auto server = static_cast<std::size_t>(party);
    if (server >= servers_.size() || cpus_.size() < 2) return true;
    const int here = posix::current_cpu();
    std::vector<int> seats{here};
    if (!beside(form)) {
      seats = cpus_;
      std::erase(seats, here);
    }
    try {
      posix::confine(servers_[server].pid(), seats);
    } catch (const std::system_error&) {
      return false;
    }
    return true;
  }

  /// A party's calls of one burst.
  bool call_all(int party, int form) {
    // An answer that came too late is still under way: it must not be taken for the next one.
    bool good = !lost_ && seat_server(party, form);
    const double ns = timed(trips(), [&] {
      for (std::uint64_t i = 0; i < trips() && good; ++i)
        good = trip(*wires_[static_cast<std::size_t>(party)], form);
    });
    lost_ = !good;
    took(party).ns = good ? ns : kUnknown;
    return good;
  }

  double burst(int form) override {
    if (!call_all(0, form)) return kUnknown;
    double rate = 1 / took(0).ns;
    if (parties() == 1) return took(0).ns;
    Board& board = *board_;
    const auto all = [&] { return board.done.load(std::memory_order_acquire) == parties() - 1; };
    if (!board.all_done.wait(all, posix::Deadline::in(kLost))) return kUnknown;
    board.done.store(0, std::memory_order_relaxed);
    for (int party = 1; party < parties(); ++party) rate += 1 / took(party).ns;
    return 1 / rate;
  }

  bool partner(int party, int form) override {
    const bool good = call_all(party, form);
    board_->done.fetch_add(1, std::memory_order_acq_rel);
    board_->all_done.notify_all();
    return good;
  }

  const std::uint64_t bytes_;
  posix::Shared<Board> board_;
  std::vector<std::unique_ptr<Wire>> wires_;  // each party uses its own
  std::vector<posix::Child> servers_;  // server i has the clients i, i + servers, i + 2 servers ...
  const std::vector<int> cpus_ = posix::allowed_cpus();
  // A process's own.
  std::vector<char> room_;
  bool lost_ = false;
};

}  // namespace

std::unique_ptr<Probe> make_echo(Floor floor, std::uint64_t bytes, int clients) {
  std::vector<Ends> lines;
  for (int client = 0; client < clients; ++client) {
    switch (floor) {
      case Floor::echo_socket:
        lines.push_back(socket_ends());
        break;
      default:
        return nullptr;
    }
  }
  return std::make_unique<Echo>(bytes, std::move(lines));
}

}  // namespace shmoo::bench::probes
