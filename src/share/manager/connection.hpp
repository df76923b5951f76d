// The server's end of a connection, and the client process behind it.
#pragma once
#include <cstdint>
#include <set>
#include <vector>

#include "posix/epoll.hpp"
#include "posix/fd.hpp"
#include "share/manager/buffer.hpp"
#include "share/manager/registry.hpp"
#include "share/manager/wire.hpp"

namespace shmoo::manager {

/// Something that the loop waits for.
class Source {
 public:
  virtual ~Source() = default;
  /// `events` as epoll gives them.
  virtual void ready(std::uint32_t events) = 0;
  /// Closed, but perhaps still named by an event fetched before.
  bool gone = false;
};

/// A Source that runs a function.
class Trigger final : public Source {
 public:
  Trigger(posix::Fd watched, std::function<void()> action)
      : fd(std::move(watched)), action_(std::move(action)) {}
  void ready(std::uint32_t) override { action_(); }
  posix::Fd fd;

 private:
  std::function<void()> action_;
};

/// A client process: all connections of one pid.
struct Session {
  pid_t pid = 0;
  Holdings holdings;
  std::vector<Connection*> connections;
  /// Tells of its death, which its sockets do not while a child of it has inherited them. Null when it cannot
  /// be watched.
  std::unique_ptr<Trigger> watch;
};

class Connection final : public Source {
 public:
  /// Beyond so many bytes of unread replies nothing more is done for this client.
  static constexpr std::size_t kMostUnread = std::size_t{1} << 20;
  /// Calls that may wait in the server at one time.
  static constexpr std::size_t kMostParked = 256;

  Connection(std::unique_ptr<Wire> opened, Session& owner,
             std::function<void(Connection&, std::uint32_t)> action)
      : wire(std::move(opened)), session(owner), action_(std::move(action)) {}
  void ready(std::uint32_t events) override { action_(*this, events); }

  std::unique_ptr<Wire> wire;
  Session& session;
  Buffer in;
  Buffer out;
  std::uint32_t watched = EPOLLIN;  ///< events that epoll was told
  bool closing = false;             ///< nothing more is read; closed when `out` is
  std::set<Ticket> parked;
  std::vector<Object*> bound;  ///< objects that want to hear when this client leaves

 private:
  std::function<void(Connection&, std::uint32_t)> action_;
};

}  // namespace shmoo::manager
