// One thread of the server: it waits for all its clients at once, carries out what they ask, and never waits
// for any of them. README.md beside this file draws the states of a connection.
//
// What belongs to other threads says so; all else is for the loop's own.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "posix/epoll.hpp"
#include "posix/event_fd.hpp"
#include "share/manager/calls.hpp"
#include "share/manager/polled_sockets.hpp"
#include "share/manager/polled_wires.hpp"
#include "share/manager/sessions.hpp"
#include "share/manager/tidy.hpp"

namespace shmoo::manager {

class Loop {
 public:
  /// What the loops share.
  struct House {
    Calls& calls;
    Sessions& sessions;
    Tidy& tidy;
    const std::atomic<bool>& ending;
    std::function<void()> client_left;  ///< a connection was closed; called by any loop
    std::size_t cpus = 1;               ///< for each loop and its clients that are served by polling
  };

  explicit Loop(House& house);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Serves until `House::ending`.
  void run();
  /// The loop that the calling thread runs; nullptr outside.
  static Loop* here();

  // Any thread.
  /// Runs `letter` on the loop's thread, between two events.
  void post(std::function<void()> letter);
  /// Makes the loop look at `House::ending`.
  void wake() const { bell_.signal(); }
  /// Takes charge of a connection, which names this loop.
  void adopt(std::shared_ptr<Connection> connection);
  /// Connections that it has or is about to get.
  std::size_t load() const { return load_.load(std::memory_order_relaxed); }
  /// The object that a call of this connection found busy is free now.
  void retry(const std::shared_ptr<Connection>& connection);
  /// Connection::mail() brought something; with the connection's mutex held.
  void has_mail(Connection& connection);
  /// Carries out what a process that has died sent in full, and closes.
  void mourn(const std::shared_ptr<Connection>& connection);

  // The loop's own thread.
  /// Waits for a source besides its connections.
  void watch(Source& source, int fd, std::uint32_t how = 0) { epoll_.watch(fd, EPOLLIN | how, &source); }
  void set_watched(Source& source, int fd, bool on) {
    epoll_.change(fd, on ? std::uint32_t{EPOLLIN} : 0, &source);
  }
  void forget(Source& source, int fd);
  void ready(Connection& connection, std::uint32_t events);

 private:
  /// How much of one client's work is done before the others get their turn.
  struct Share {
    std::size_t frames;
    std::size_t bytes;  ///< of requests and replies
    Calls::Busy busy = Calls::Busy::leave_word;
  };
  static const Share kTurn;
  static const Share kAll;

  posix::Deadline until() const;
  void be_tidy();
  void read_letters();
  void continue_line();
  void send_answers();
  void take_in(const std::shared_ptr<Connection>& connection);
  template <class Body>
  void guarded(Connection& connection, Body body);
  void look_at_sockets();
  void follow(Connection* connection);
  bool receive(Connection& connection);
  void at_end(Connection& connection);
  void work(Connection& connection, const Share& share = kTurn);
  bool one_frame(Connection& connection, Calls::Busy busy);
  bool send(Connection& connection);
  bool start_lines(Connection& connection);
  void watch_for(Connection& connection, std::uint32_t events);
  void close(Connection& connection);

  House& house_;
  posix::Epoll epoll_;
  PolledWires polled_;
  PolledSockets sockets_;
  Connection* followed_ = nullptr;  // the one of them that epoll is not asked about
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;
  Calls::Recent recent_;
  Request request_;  // the one that is looked at: to clear its room costs more than to read it
  std::vector<std::shared_ptr<Connection>> line_;       // those with Connection::in_line
  std::vector<Connection*> answered_;                   // to be sent after the present event
  std::vector<std::shared_ptr<Connection>> graveyard_;  // until no fetched event can name them any more
  bool freed_ = false;                                  // much memory may have been freed since `tidy` looked
  bool tidy_later_ = false;                             // tidy_timer_ is set
  Trigger tidy_timer_;

  std::atomic<std::size_t> load_ = 0;
  posix::EventFd bell_;
  std::atomic<bool> letters_wait_ = false;
  std::mutex letters_mutex_;
  std::vector<std::function<void()>> letters_;
};

}  // namespace shmoo::manager
