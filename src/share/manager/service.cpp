#include "share/manager/service.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <system_error>

#include "posix/epoll.hpp"
#include "posix/server_process.hpp"
#include "posix/socket.hpp"
#include "share/manager/connection.hpp"
#include "share/manager/parking.hpp"
#include "share/manager/server_object.hpp"

namespace shmoo::manager {
namespace {

constexpr std::size_t kChunk = 64 * 1024;  // what one receive may bring
constexpr std::size_t kMostChunk =
    4 << 20;  // of a large frame: memory follows what arrives, not what is announced
constexpr posix::Nanoseconds kRetryAccept = std::chrono::milliseconds(100);
constexpr int kAcceptsAtOnce = 64;  // before the clients that are there get their turn again

class Service final : public Host {
 public:
  explicit Service(ServiceParts parts)
      : remove_socket_(std::move(parts.remove_socket)),
        registry_([this](Object& object) { object_goes(object); }),
        server_(make_server_object(registry_, parts.creator, [this] { ending_ = true; })),
        listener_(std::move(parts.listener), [this] { accept_clients(); }),
        creator_watch_(std::move(parts.creator_watch), [this] { ending_ = true; }),
        terminate_(std::move(parts.terminate), [this] { ending_ = true; }) {
    for (Trigger* trigger : {&listener_, &creator_watch_, &terminate_})
      epoll_.watch(trigger->fd.get(), EPOLLIN, static_cast<Source*>(trigger));
  }

  void run() {
    std::array<epoll_event, 64> room;
    while (!ending_) {
      for (const epoll_event& event :
           epoll_.wait(room, full_ ? posix::Deadline::in(kRetryAccept) : parking_.next())) {
        auto* source = static_cast<Source*>(event.data.ptr);
        if (!source->gone) source->ready(event.events);
        flush_answered();
      }
      expire();
      flush_answered();
      if (full_ && posix::monotonic_ns() >= retry_accept_ns_) watch_listener(true);
      graveyard_.clear();
      dead_watches_.clear();
    }
    remove_socket_();
  }

  // Host.
  Ticket park(Object& object, Connection& caller, Reply& reply, std::int64_t timeout_ns, ErrorKind kind,
              std::string text) override {
    if (caller.parked.size() >= Connection::kMostParked) {
      reply.fail(ErrorKind::memory, "too many calls of this client wait in the server");
      return 0;
    }
    const Ticket ticket = parking_.park(
        {caller, object, reply.request(), reply.wanted(), 0, kind, std::move(text)}, timeout_ns);
    reply.discard();
    return ticket;
  }

  bool answer(Ticket ticket, const std::function<void(Reply&)>& say) override {
    const Parked call = parking_.take(ticket);
    // Its end may stand further back in the line of events than what is being carried out.
    const auto& watch = call.caller.session.watch;
    if (posix::has_left(call.caller.wire->descriptor(), watch ? watch->fd.get() : -1)) return false;
    // Behind the reply that is being made, should it go to the same client.
    Reply reply(&call.caller == current_ ? behind_ : call.caller.out, call.request, call.wanted);
    say(reply);
    reply.finish();
    answered_.push_back(&call.caller);
    return true;
  }

  Connection& caller_of(Ticket ticket) override { return parking_.of(ticket).caller; }
  void bind(Connection& client, Object& object) override { client.bound.push_back(&object); }
  void unbind(Connection& client, Object& object) override { std::erase(client.bound, &object); }

 private:
  // Clients.
  void accept_clients() {
    for (int i = 0; i < kAcceptsAtOnce; ++i) {
      try {
        posix::Fd socket = posix::accept_waiting(listener_.fd.get());
        if (!socket) return;
        welcome(std::move(socket));
      } catch (const std::system_error&) {
        // Out of descriptors or memory: who waits goes on waiting, until a client leaves or the shortage of
        // others is over.
        retry_accept_ns_ = posix::monotonic_ns() + kRetryAccept.count();
        watch_listener(false);
        return;
      }
    }
  }

  void watch_listener(bool on) {
    epoll_.change(listener_.fd.get(), on ? std::uint32_t{EPOLLIN} : 0, static_cast<Source*>(&listener_));
    full_ = !on;
  }

  void welcome(posix::Fd socket) {
    const posix::Peer peer = posix::peer_of(socket.get());
    if (peer.uid != posix::own_user()) {
      Buffer out;
      Reply reply(out, 0, true);
      reply.say_goodbye(ErrorKind::permission, "this server belongs to another user");
      reply.finish();
      posix::send_now(socket.get(), out.data(), out.size());
      return;
    }
    Session& session = session_of(peer.pid);
    auto connection = std::make_unique<Connection>(
        std::make_unique<SocketWire>(std::move(socket)), session,
        [this](Connection& c, std::uint32_t events) { connection_ready(c, events); });
    Connection* key = connection.get();
    try {
      epoll_.watch(key->wire->descriptor(), key->watched, static_cast<Source*>(key));
    } catch (const std::system_error&) {
      if (session.connections.empty()) end(session);
      throw;
    }
    session.connections.push_back(key);
    connections_.emplace(key, std::move(connection));
  }

  Session& session_of(pid_t pid) {
    for (const auto& session : sessions_)
      if (pid > 0 && session->pid == pid) return *session;
    Session& session = *sessions_.emplace_back(std::make_unique<Session>());
    session.pid = pid;
    try {
      session.watch =
          std::make_unique<Trigger>(posix::watch_process(pid), [this, &session] { process_died(session); });
      epoll_.watch(session.watch->fd.get(), EPOLLIN, static_cast<Source*>(session.watch.get()));
    } catch (const std::system_error&) {
      session.watch.reset();  // dead already, or in a pid namespace of its own: its socket's end has to do
    }
    return session;
  }

  /// What it sent before it died still counts.
  void process_died(Session& session) {
    for (Connection* connection : std::vector(session.connections)) {
      guarded(*connection, [&] {
        while (!connection->gone && !connection->closing && receive(*connection)) work(*connection);
      });
      if (!connection->gone) close(*connection);
    }
  }

  void close(Connection& connection) {
    connection.gone = true;
    epoll_.forget(connection.wire->descriptor());
    drop_calls(connection);
    for (Object* object : std::exchange(connection.bound, {})) object->left(connection, *this);
    Session& session = connection.session;
    std::erase(session.connections, &connection);
    const auto found = connections_.find(&connection);
    found->second->wire.reset();
    graveyard_.push_back(std::move(found->second));
    connections_.erase(found);
    if (session.connections.empty()) end(session);
    if (full_) watch_listener(true);
  }

  void end(Session& session) {
    registry_.release_all(session.holdings);
    if (session.watch) {
      epoll_.forget(session.watch->fd.get());
      session.watch->gone = true;
      dead_watches_.push_back(std::move(session.watch));
    }
    std::erase_if(sessions_, [&](const auto& one) { return one.get() == &session; });
  }

  // Bytes.
  void connection_ready(Connection& connection, std::uint32_t events) {
    guarded(connection, [&] {
      if ((events & ~EPOLLOUT) && !connection.closing && connection.out.size() <= Connection::kMostUnread)
        receive(connection);
      work(connection);
    });
  }

  /// No memory for a client's frame, or a transfer that failed for no reason of its own, ends this client
  /// alone.
  template <class Body>
  void guarded(Connection& connection, Body body) {
    try {
      body();
    } catch (const std::exception&) {
      if (!connection.gone) close(connection);
    }
  }

  /// @return whether something came; at the end of the stream the connection is `closing`.
  bool receive(Connection& connection) {
    std::size_t wanted = kChunk;
    if (connection.in.size() >= sizeof(RequestHeader)) {
      const std::size_t whole = sizeof(RequestHeader) + header_of(connection).bytes;
      if (whole > connection.in.size()) wanted = std::clamp(whole - connection.in.size(), kChunk, kMostChunk);
    }
    char* room = connection.in.room(wanted);
    const posix::Transfer got = connection.wire->receive_now(room, connection.in.spare());
    if (got.state == posix::Transfer::ended) at_end(connection);
    if (got.state != posix::Transfer::done) return false;
    connection.in.commit(got.bytes);
    return true;
  }

  /// The client sends no more. Its calls that wait are dropped, the replies under way are still delivered.
  void at_end(Connection& connection) {
    connection.closing = true;
    drop_calls(connection);
  }

  static RequestHeader header_of(const Connection& connection) {
    RequestHeader header;
    std::memcpy(&header, connection.in.data(), sizeof header);
    return header;
  }

  /// Carries out the whole frames that are there and sends the replies in one write, as long as the client
  /// reads them.
  void work(Connection& connection) {
    while (!connection.gone) {
      while (!connection.closing && connection.out.size() <= Connection::kMostUnread &&
             one_frame(connection)) {
      }
      if (!send(connection)) return;
      if (connection.closing || connection.out.size() > Connection::kMostUnread || !whole_frame(connection))
        return;
    }
  }

  static bool whole_frame(const Connection& connection) {
    return connection.in.size() >= sizeof(RequestHeader) &&
           connection.in.size() - sizeof(RequestHeader) >= header_of(connection).bytes;
  }

  /// @return false when the next frame is not whole yet, or was none.
  bool one_frame(Connection& connection) {
    if (connection.in.size() < sizeof(RequestHeader)) return false;
    const RequestHeader header = header_of(connection);
    if (header.magic != kRequestMagic) return goodbye(connection, "this is no request of this version");
    if (header.flags > kOneWay) return goodbye(connection, "a request with unknown flags");
    if (header.arguments > kMaxArguments) return goodbye(connection, "a request with too many arguments");
    if (header.bytes > kMaxBody)
      return goodbye(connection, "a request of " + std::to_string(header.bytes) + " bytes is too long");
    if (!whole_frame(connection)) return false;

    std::array<Encoded, kMaxArguments> arguments;
    std::string_view rest(connection.in.data() + sizeof header, header.bytes);
    for (std::size_t i = 0; i < header.arguments; ++i) {
      const std::size_t bytes = measure(rest);
      if (bytes == 0) return goodbye(connection, "a request with a malformed or too deep value");
      arguments[i] = rest.substr(0, bytes);
      rest.remove_prefix(bytes);
    }
    if (!rest.empty()) return goodbye(connection, "a request with bytes left over");
    carry_out(connection, header, {arguments.data(), header.arguments});
    connection.in.consume(sizeof header + header.bytes);
    return true;
  }

  bool goodbye(Connection& connection, const std::string& reason) {
    Reply reply(connection.out, 0, true);
    reply.say_goodbye(ErrorKind::protocol, reason);
    reply.finish();
    at_end(connection);
    return false;
  }

  /// @return false when the connection was closed.
  bool send(Connection& connection) {
    Buffer& out = connection.out;
    while (!out.empty()) {
      const posix::Transfer sent = connection.wire->send_now(out.data(), out.size());
      if (sent.state == posix::Transfer::would_block) break;
      if (sent.state == posix::Transfer::ended) return close(connection), false;
      out.consume(sent.bytes);
    }
    if (connection.closing && out.empty()) return close(connection), false;
    std::uint32_t wanted = out.empty() ? 0 : std::uint32_t{EPOLLOUT};
    if (!connection.closing && out.size() <= Connection::kMostUnread) wanted |= EPOLLIN;
    if (wanted != connection.watched) {
      connection.watched = wanted;
      epoll_.change(connection.wire->descriptor(), wanted, static_cast<Source*>(&connection));
    }
    return true;
  }

  // Calls.
  void carry_out(Connection& caller, const RequestHeader& header, std::span<const Encoded> arguments) {
    Reply reply(caller.out, header.request, header.flags != kOneWay);
    current_ = &caller;
    try {
      const Call call{static_cast<Method>(header.method), arguments, reply, caller, *this};
      Object* object = header.object == kServer ? server_.get() : registry_.find(header.object);
      if (!object) no_object(header.object);
      object->call(call);
    } catch (const Error& error) {
      reply.fail(error.kind(), error.what());
    } catch (const std::bad_alloc&) {
      reply.fail(ErrorKind::memory, "the server has no memory for this");
    } catch (const std::exception& error) {
      reply.fail(ErrorKind::value, error.what());
    }
    reply.finish();
    current_ = nullptr;
    if (!behind_.empty()) {
      const Buffer behind = std::exchange(behind_, Buffer());
      caller.out.append(behind.view());
    }
  }

  // Calls that wait.
  void drop_calls(Connection& connection) {
    while (!connection.parked.empty()) {
      const Ticket ticket = *connection.parked.begin();
      parking_.of(ticket).object.forget(ticket);
      parking_.take(ticket);
    }
  }

  void expire() {
    const std::int64_t now = parking_.has_timers() ? posix::monotonic_ns() : 0;
    while (const Ticket ticket = parking_.overdue(now)) {
      const Parked& call = parking_.of(ticket);
      call.object.forget(ticket);
      answer(ticket, [kind = call.kind, text = call.text](Reply& reply) { reply.fail(kind, text); });
    }
  }

  void flush_answered() {
    // By index: sending may find a client gone, whose locks then answer others.
    for (std::size_t i = 0; i < answered_.size(); ++i)
      if (Connection& one = *answered_[i]; !one.gone) guarded(one, [&] { work(one); });
    answered_.clear();
  }

  void object_goes(Object& object) {
    for (const Ticket ticket : parking_.in(object))
      answer(ticket, [](Reply& reply) { reply.fail(ErrorKind::reference, "the object is gone"); });
    for (const auto& [key, connection] : connections_) unbind(*connection, object);
  }

  std::function<void()> remove_socket_;
  bool ending_ = false;
  std::int64_t retry_accept_ns_ = 0;  // when the listener is watched again, while `full_`
  bool full_ = false;                 // no descriptor was left for the next client
  posix::Epoll epoll_;
  Registry registry_;
  std::unique_ptr<Object> server_;
  Trigger listener_;
  Trigger creator_watch_;
  Trigger terminate_;
  std::vector<std::unique_ptr<Session>> sessions_;
  std::unordered_map<Connection*, std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Connection>> graveyard_;  // until no fetched event can name them any more
  std::vector<std::unique_ptr<Trigger>> dead_watches_;
  Connection* current_ = nullptr;      // whose call is being carried out
  Buffer behind_;                      // replies to calls of the same client that it caused
  std::vector<Connection*> answered_;  // to be flushed after the present event
  Parking parking_;
};

}  // namespace

void serve(ServiceParts parts) {
  Service(std::move(parts)).run();
}

}  // namespace shmoo::manager
