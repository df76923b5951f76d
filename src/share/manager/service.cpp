#include "share/manager/service.hpp"

#include <algorithm>
#include <exception>
#include <system_error>
#include <thread>
#include <vector>

#include "posix/affinity.hpp"
#include "posix/background_thread.hpp"
#include "posix/server_process.hpp"
#include "posix/socket.hpp"
#include "posix/timer_fd.hpp"
#include "share/manager/newcomers.hpp"

namespace shmoo::manager {
namespace {

constexpr posix::Nanoseconds kRetryAccept = std::chrono::milliseconds(100);
constexpr int kAcceptsAtOnce = 64;  // before the clients that are there get their turn again

/// The first loop runs on the process's main thread. It alone looks after the door, the creator, signals and
/// the deaths of clients.
class Service {
 public:
  explicit Service(ServiceParts parts)
      : remove_socket_(std::move(parts.remove_socket)),
        calls_(parts.creator, parts.loops <= 1, [this] { end(); }),
        sessions_([this](Session& session) { watch(session); },
                  [this](std::shared_ptr<Session> session) { session_ends(std::move(session)); }),
        house_{calls_, sessions_, tidy_, ending_, [this] { client_left(); }, cpus_of_a_loop(parts.loops)},
        listener_(std::move(parts.listener), [this] { accept_clients(); }),
        retry_accept_(posix::make_timer(), [this] { open_door(); }),
        creator_watch_(std::move(parts.creator_watch), [this] { end(); }),
        terminate_(std::move(parts.terminate), [this] { end(); }) {
    for (int i = 0; i < std::max(1, parts.loops); ++i) loops_.push_back(std::make_unique<Loop>(house_));
    for (Trigger* trigger : {&listener_, &creator_watch_, &terminate_})
      first().watch(*trigger, trigger->fd.get());
    first().watch(retry_accept_, retry_accept_.fd.get(), EPOLLET);
    if (!parts.tcp_listener) return;
    newcomers_ = std::make_unique<Newcomers>(
        first(), std::move(parts.key),
        [this](posix::Fd socket, const ProcessNumber& client) { welcome(std::move(socket), client); },
        [this] { open_tcp_door(); });
    tcp_listener_ = std::make_unique<Trigger>(std::move(parts.tcp_listener), [this] { accept_newcomers(); });
    first().watch(*tcp_listener_, tcp_listener_->fd.get());
  }

  void run() {
    start_threads();
    guarded_run(first());
    // While it still listens.
    remove_socket_();
    for (std::thread& thread : threads_) thread.join();
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  /// Of the machine's: where the clients sit, the server does not know, and its own seats say nothing of it.
  static std::size_t cpus_of_a_loop(int loops) {
    return static_cast<std::size_t>(std::max(1, posix::online_cpus() / std::max(1, loops)));
  }

  Loop& first() { return *loops_.front(); }

  void start_threads() {
    for (std::size_t i = 1; i < loops_.size(); ++i) {
      try {
        threads_.push_back(posix::start_background_thread([this, i] { guarded_run(*loops_[i]); }));
      } catch (const std::system_error&) {
        return;  // no more threads for this user: those that there are have to do
      }
    }
  }

  /// A loop that fails ends the server, not just itself: its clients would wait for ever.
  void guarded_run(Loop& loop) {
    try {
      loop.run();
    } catch (...) {
      const std::scoped_lock guard(failure_mutex_);
      if (!failure_) failure_ = std::current_exception();
      end();
    }
  }

  void end() {
    ending_ = true;
    for (const auto& loop : loops_) loop->wake();
  }

  // Clients come in.
  void accept_clients() {
    for (int i = 0; i < kAcceptsAtOnce; ++i) {
      try {
        posix::Fd socket = posix::accept_waiting(listener_.fd.get());
        if (!socket) return;
        welcome(std::move(socket));
      } catch (const std::system_error&) {
        // Out of descriptors or memory: who waits goes on waiting, until a client leaves or the shortage of
        // others is over.
        close_door();
        return;
      }
    }
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
    deal(std::move(socket), sessions_.enter(peer.pid), true);
  }

  void deal(posix::Fd socket, std::shared_ptr<Session> session, bool local) {
    Loop& loop = least_loaded();
    auto connection = std::make_shared<Connection>(std::make_unique<SocketWire>(std::move(socket)),
                                                   std::move(session), loop);
    connection->local = local;
    loop.adopt(std::move(connection));
  }

  // The same over TCP.
  void accept_newcomers() {
    for (int i = 0; i < kAcceptsAtOnce; ++i) {
      if (newcomers_->full()) return shut_tcp_door();
      posix::Fd socket;
      try {
        socket = posix::accept_waiting(tcp_listener_->fd.get());
      } catch (const std::system_error&) {
        return close_door();
      }
      if (!socket) return;
      try {
        newcomers_->add(std::move(socket));
      } catch (const std::exception&) {
        // It is gone again, or there is no memory for it.
      }
    }
  }

  void welcome(posix::Fd socket, const ProcessNumber& client) {
    deal(std::move(socket), sessions_.enter(client), false);
  }

  void shut_tcp_door() {
    if (tcp_listener_ && std::exchange(tcp_door_open_, false))
      first().set_watched(*tcp_listener_, tcp_listener_->fd.get(), false);
  }
  void open_tcp_door() {
    if (tcp_listener_ && !door_closed_ && !std::exchange(tcp_door_open_, true))
      first().set_watched(*tcp_listener_, tcp_listener_->fd.get(), true);
  }

  /// Those with equally many get clients in turn, so that the connections of one process are spread, too.
  Loop& least_loaded() {
    ++dealt_;
    const std::size_t running = 1 + threads_.size();
    Loop* best = nullptr;
    for (std::size_t i = 0; i < running; ++i) {
      Loop* const loop = loops_[(dealt_ + i) % running].get();
      if (!best || loop->load() < best->load()) best = loop;
    }
    return *best;
  }

  void close_door() {
    door_closed_ = true;
    first().set_watched(listener_, listener_.fd.get(), false);
    shut_tcp_door();
    posix::set_timer(retry_accept_.fd, posix::monotonic_ns() + kRetryAccept.count());
  }
  void open_door() {
    if (!door_closed_.exchange(false)) return;
    first().set_watched(listener_, listener_.fd.get(), true);
    open_tcp_door();
  }
  void client_left() {
    if (door_closed_) first().post([this] { open_door(); });
  }

  // Client processes.
  void watch(Session& session) {
    try {
      session.watch =
          std::make_unique<Trigger>(posix::watch_process(session.pid), [this, &session] { died(session); });
      first().watch(*session.watch, session.watch->fd.get());
    } catch (const std::system_error&) {
      session.watch.reset();  // dead already, or in a pid namespace of its own: its socket's end has to do
    }
  }

  void died(Session& session) {
    // Told once: a loop may take its time to close the connections.
    first().forget(*session.watch, session.watch->fd.get());
    for (const auto& connection : sessions_.died(session)) connection->loop.mourn(connection);
  }

  void session_ends(std::shared_ptr<Session> session) {
    calls_.registry().release_all(session->holdings);
    if (!session->watch) return;
    first().post([this, session = std::move(session)] {
      if (!session->watch->gone) first().forget(*session->watch, session->watch->fd.get());
    });
  }

  std::function<void()> remove_socket_;
  std::atomic<bool> ending_ = false;
  Calls calls_;
  Sessions sessions_;
  Tidy tidy_;
  Loop::House house_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<std::thread> threads_;
  std::mutex failure_mutex_;
  std::exception_ptr failure_;
  Trigger listener_;
  std::unique_ptr<Newcomers> newcomers_;  // null, as the next, when the server does not listen for TCP
  std::unique_ptr<Trigger> tcp_listener_;
  bool tcp_door_open_ = true;
  std::atomic<bool> door_closed_ = false;  // no descriptor was left for the next client
  Trigger retry_accept_;
  std::size_t dealt_ = 0;
  Trigger creator_watch_;
  Trigger terminate_;
};

}  // namespace

void serve(ServiceParts parts) {
  Service(std::move(parts)).run();
}

}  // namespace shmoo::manager
