// The server's end of a connection, and the client process behind it.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "posix/epoll.hpp"
#include "posix/fd.hpp"
#include "share/manager/buffer.hpp"
#include "share/manager/handshake.hpp"
#include "share/manager/line_wire.hpp"
#include "share/manager/registry.hpp"
#include "share/manager/wire.hpp"

namespace shmoo::manager {

/// Something that a loop waits for.
class Source {
 public:
  virtual ~Source() = default;
  /// `events` as epoll gives them.
  virtual void ready(std::uint32_t events) = 0;
  /// Closed, but perhaps still named by an event fetched before. Written by the thread of its loop.
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

class Connection;
class Loop;

/// A client process: all connections of one pid or, over TCP, of one process number, whichever loops they
/// belong to. See sessions.hpp.
struct Session {
  pid_t pid = 0;
  std::optional<ProcessNumber> number;
  Holdings holdings;
  /// Tells of its death, which its sockets do not while a child of it has inherited them. Null when it cannot
  /// be watched.
  std::unique_ptr<Trigger> watch;

  // Guarded by Sessions.
  std::size_t entered = 0;               ///< connections, with those on the way to their loop
  std::vector<Connection*> connections;  ///< those that are there
  bool died = false;
};

/// Belongs to the thread of its loop, but for what others may do, too: mail() and bind().
class Connection final : public Source, public std::enable_shared_from_this<Connection> {
 public:
  /// Beyond so many bytes of unread replies nothing more is done for this client.
  static constexpr std::size_t kMostUnread = std::size_t{1} << 20;
  /// Calls that may wait in the server at one time.
  static constexpr std::size_t kMostParked = 256;

  Connection(std::unique_ptr<Wire> opened, std::shared_ptr<Session> owner, Loop& where)
      : wire(std::move(opened)), session(*owner), loop(where), owner_(std::move(owner)) {}
  void ready(std::uint32_t events) override;

  /// Any thread: a reply to a call that waited. It is sent by the connection's loop, behind what is there.
  /// @return false when the client has died or hung up, or there is no memory for the reply: nobody hears it.
  bool mail(std::uint64_t request, bool wanted, const std::function<void(Reply&)>& say);
  /// Moves what came by mail to `out`.
  void open_mail();

  /// Any thread that holds the object's turn: `object` is to hear when this client leaves.
  /// @return false when it has left.
  bool bind(Object& object);
  void unbind(Object& object);
  /// Goes on over the lines that were offered: the socket becomes theirs.
  void turn_to_lines();

  /// From now on nobody else reaches it. @return what was bound to it.
  std::vector<std::shared_ptr<Object>> cut_off();

  std::unique_ptr<Wire> wire;
  Session& session;
  Loop& loop;
  Buffer in;
  Buffer out;
  std::uint32_t watched = 0;  ///< events that epoll was told; meaningless when it does not know the wire
  bool known = false;         ///< whether epoll knows the wire
  bool closing = false;       ///< nothing more is read; closed when `out` is empty
  bool in_line = false;       ///< has frames left that were too many for its turn
  bool stalled = false;       ///< its next call is for an object that is busy: told when it is free
  std::set<Ticket> parked;    ///< guarded by Parking
  bool local = false;         ///< over a Unix socket, by which descriptors can be passed
  /// Lines that the client has asked for: they take the socket's place when the reply is sent.
  std::unique_ptr<ServerLines> offered;
  ServerLines* lines = nullptr;   ///< `wire`, when it is lines
  std::unique_ptr<Trigger> bell;  ///< theirs

 private:
  std::shared_ptr<Session> owner_;
  std::mutex mutex_;  // of what follows, and of writing `gone`
  Buffer mail_;
  std::vector<std::shared_ptr<Object>> bound_;
};

}  // namespace shmoo::manager
