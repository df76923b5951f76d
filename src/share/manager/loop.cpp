#include "share/manager/loop.hpp"

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include "posix/pass_fds.hpp"
#include "posix/timer_fd.hpp"

namespace shmoo::manager {
namespace {

constexpr std::size_t kChunk = 64 * 1024;  // what one receive may bring
constexpr std::size_t kMostChunk =
    4 << 20;  // of a large frame: memory follows what arrives, not what is announced

constexpr int kLooks = 64;  // at one socket, before all of them are looked at

thread_local Loop* current = nullptr;

}  // namespace

const Loop::Share Loop::kTurn{.frames = 128, .bytes = 256 * 1024};
const Loop::Share Loop::kAll{.frames = SIZE_MAX, .bytes = SIZE_MAX, .busy = Calls::Busy::wait};

Loop::Loop(House& house)
    : house_(house),
      polled_(house.cpus),
      sockets_(house.cpus),
      tidy_timer_(posix::make_timer(), [this] { tidy_later_ = false; }) {
  // Edge-triggered: each signal is one event, and nobody has to read the counter.
  epoll_.watch(bell_.fd(), EPOLLIN | EPOLLET, nullptr);
  watch(tidy_timer_, tidy_timer_.fd.get(), EPOLLET);
}

Loop* Loop::here() {
  return current;
}

void Loop::run() {
  current = this;
  std::array<epoll_event, 64> room;
  const std::function<void()> send_them = [this] { send_answers(); };
  while (!house_.ending) {
    look_at_sockets();
    const auto events = epoll_.wait(room, until());
    if (events.empty() && sockets_.awake()) sockets_.in_vain();
    for (const epoll_event& event : events) {
      auto* source = static_cast<Source*>(event.data.ptr);
      if (source && !source->gone) source->ready(event.events);
      send_answers();
    }
    polled_.look(send_them);
    continue_line();
    house_.calls.expire();
    read_letters();
    send_answers();
    if (house_.calls.bury()) freed_ = true;
    recent_ = {};
    graveyard_.clear();
    be_tidy();
  }
  current = nullptr;
}

posix::Deadline Loop::until() const {
  if (polled_.awake() || sockets_.awake() || !line_.empty() || letters_wait_.load(std::memory_order_relaxed))
    return posix::Deadline::now();
  const std::int64_t first = house_.calls.expires_ns();
  if (first == INT64_MAX) return posix::Deadline::never();
  return posix::Deadline::in(posix::Nanoseconds(first - posix::monotonic_ns()));
}

void Loop::be_tidy() {
  if (!freed_ || tidy_later_) return;
  if (house_.tidy.look()) {
    freed_ = false;
  } else {
    posix::set_timer(tidy_timer_.fd, house_.tidy.due_ns());
    tidy_later_ = true;
  }
}

void Loop::post(std::function<void()> letter) {
  const std::scoped_lock guard(letters_mutex_);
  letters_.push_back(std::move(letter));
  if (!letters_wait_.exchange(true, std::memory_order_relaxed) && here() != this) bell_.signal();
}

void Loop::read_letters() {
  while (letters_wait_.load(std::memory_order_relaxed)) {
    std::vector<std::function<void()>> letters;
    {
      const std::scoped_lock guard(letters_mutex_);
      letters.swap(letters_);
      letters_wait_.store(false, std::memory_order_relaxed);
    }
    for (const auto& letter : letters) letter();
  }
}

void Loop::adopt(std::shared_ptr<Connection> connection) {
  load_.fetch_add(1, std::memory_order_relaxed);
  if (here() == this) return take_in(connection);
  post([this, connection = std::move(connection)] { take_in(connection); });
}

void Loop::take_in(const std::shared_ptr<Connection>& connection) {
  connections_.emplace(connection.get(), connection);
  guarded(*connection, [&] {
    if (!house_.sessions.arrive(*connection)) mourn(connection);
    watch_for(*connection, EPOLLIN);
  });
}

void Loop::forget(Source& source, int fd) {
  source.gone = true;
  epoll_.forget(fd);
}

void Loop::retry(const std::shared_ptr<Connection>& connection) {
  post([this, connection] {
    connection->stalled = false;
    if (!connection->gone) guarded(*connection, [&] { work(*connection); });
  });
}

void Loop::has_mail(Connection& connection) {
  if (here() == this) return answered_.push_back(&connection);
  post([this, connection = connection.shared_from_this()] { answered_.push_back(connection.get()); });
}

void Loop::mourn(const std::shared_ptr<Connection>& connection) {
  post([this, connection] {
    Connection& dead = *connection;
    if (dead.lines) dead.lines->hang_up();
    guarded(dead, [&] {
      dead.stalled = false;
      do {
        work(dead, kAll);
      } while (!dead.gone && !dead.closing && receive(dead));
    });
    if (!dead.gone) close(dead);
  });
}

/// Carries on with those whose turn was over before their frames were.
void Loop::continue_line() {
  for (const auto& connection : std::exchange(line_, {})) {
    connection->in_line = false;
    if (!connection->gone) guarded(*connection, [&] { work(*connection); });
    send_answers();
  }
}

/// Replies to calls that waited.
void Loop::send_answers() {
  // By index: sending may find a client gone, whose locks then answer others.
  for (std::size_t i = 0; i < answered_.size(); ++i) {
    Connection& one = *answered_[i];
    if (one.gone) continue;
    guarded(one, [&] {
      one.open_mail();
      if (one.in_line || one.stalled)
        send(one);
      else
        work(one);
    });
  }
  answered_.clear();
}

void Loop::ready(Connection& connection, std::uint32_t events) {
  // Its socket brings nothing but its end.
  if (connection.lines && (events & ~EPOLLIN)) connection.lines->hang_up();
  // What it sends before that has been done can wait.
  if (connection.in_line || connection.stalled) return;
  guarded(connection, [&] {
    if ((events & ~EPOLLOUT) && !connection.closing && connection.out.size() <= Connection::kMostUnread &&
        receive(connection) && !connection.lines)
      sockets_.heard(connection);
    work(connection);
  });
}

/// A client who is alone is received from at once: to ask the kernel first who has something would be a
/// second call for each request. Not while it waits for anything else than to be heard.
void Loop::look_at_sockets() {
  const auto fit = [](const Connection* one) {
    return one && !one->closing && !one->in_line && !one->stalled && one->out.empty();
  };
  Connection* const only = polled_.awake() ? nullptr : sockets_.only();
  follow(fit(only) ? only : nullptr);
  for (int looks = 0; looks < kLooks && followed_; ++looks) {
    if (letters_wait_.load(std::memory_order_relaxed)) return;
    Connection& one = *followed_;
    bool heard = false;
    guarded(one, [&] {
      heard = receive(one);
      if (heard) sockets_.heard(one);
      if (heard || one.closing) work(one);
    });
    if (one.gone) return;
    if (heard)
      send_answers();
    else
      sockets_.in_vain();
    if (sockets_.only() != &one || !fit(&one)) follow(nullptr);
  }
}

/// Epoll does not watch the one that is followed, for the client would have to tell it of each request: it
/// must be looked at, or given back by following another one or none.
void Loop::follow(Connection* connection) {
  if (followed_ == connection) return;
  Connection* const before = std::exchange(followed_, connection);
  if (before) guarded(*before, [&] { send(*before); });
  if (connection) watch_for(*connection, connection->watched);
}

/// No memory for a client's frame, or a transfer that failed for no reason of its own, ends this client
/// alone.
template <class Body>
void Loop::guarded(Connection& connection, Body body) {
  try {
    body();
  } catch (const std::exception&) {
    if (!connection.gone) close(connection);
  }
}

/// @return whether something came; at the end of the stream the connection is `closing`.
bool Loop::receive(Connection& connection) {
  const std::size_t wanted = std::clamp(missing_bytes(connection.in), kChunk, kMostChunk);
  char* room = connection.in.room(wanted);
  const posix::Transfer got = connection.wire->receive_now(room, connection.in.spare());
  if (got.state == posix::Transfer::ended) at_end(connection);
  if (got.state != posix::Transfer::done) return false;
  connection.in.commit(got.bytes);
  return true;
}

/// The client sends no more. Its calls that wait are dropped, the replies under way are still delivered.
void Loop::at_end(Connection& connection) {
  connection.closing = true;
  house_.calls.drop(connection);
}

/// Carries out the whole frames that are there, as many as are its share and as long as the client reads the
/// replies, and sends those in one write.
void Loop::work(Connection& connection, const Share& share) {
  Share left = share;
  while (!connection.gone) {
    while (!connection.closing && !connection.stalled && connection.out.size() <= Connection::kMostUnread &&
           left.frames > 0 && left.bytes > 0) {
      const std::size_t in = connection.in.size();
      const std::size_t out = connection.out.size();
      if (!one_frame(connection, share.busy)) break;
      const std::size_t moved = in - connection.in.size() + std::max(connection.out.size(), out) - out;
      left.bytes -= std::min(left.bytes, moved);
      --left.frames;
    }
    if (!send(connection)) return;
    if (connection.closing || connection.stalled || connection.out.size() > Connection::kMostUnread ||
        !has_frame(connection.in))
      return;
    if (left.frames == 0 || left.bytes == 0) {
      connection.in_line = true;
      if (connection.lines) connection.lines->want(false, !connection.out.empty());
      line_.push_back(connection.shared_from_this());
      return;
    }
  }
}

/// @return false when the next frame is not whole yet, was none, or has to wait for its object.
bool Loop::one_frame(Connection& connection, Calls::Busy busy) {
  Request& request = request_;
  std::string reason;
  switch (next_frame(connection.in, request, reason)) {
    case Frame::part:
      return false;
    case Frame::bad: {
      Reply reply(connection.out, 0, true);
      reply.say_goodbye(ErrorKind::protocol, reason);
      reply.finish();
      at_end(connection);
      return false;
    }
    case Frame::whole:
      break;
  }
  connection.stalled = !house_.calls.carry_out(connection, request, busy, recent_);
  if (connection.stalled) return false;
  if (Tidy::may_free(request.header.method)) freed_ = true;
  connection.in.consume(request.bytes());
  if (house_.calls.bury()) freed_ = true;
  return true;
}

/// @return false when the connection was closed.
bool Loop::send(Connection& connection) {
  Buffer& out = connection.out;
  // The last words may have come by mail.
  if (connection.closing) connection.open_mail();
  if (connection.offered && !start_lines(connection)) return false;
  while (!out.empty()) {
    const posix::Transfer sent = connection.wire->send_now(out.data(), out.size());
    if (sent.state == posix::Transfer::would_block) break;
    if (sent.state == posix::Transfer::ended) return close(connection), false;
    out.consume(sent.bytes);
  }
  if (connection.closing && out.empty()) return close(connection), false;
  std::uint32_t wanted = out.empty() ? 0 : std::uint32_t{EPOLLOUT};
  if (!connection.closing && out.size() <= Connection::kMostUnread) wanted |= EPOLLIN;
  watch_for(connection, wanted);
  return true;
}

/// Sends the reply that tells of the lines, with what they are made of. @return false when the connection was
/// closed.
bool Loop::start_lines(Connection& connection) {
  Buffer& out = connection.out;
  const posix::Transfer sent = posix::send_with_fds(connection.wire->descriptor(), out.data(), out.size(),
                                                    connection.offered->descriptors());
  // Nothing else is on the way, so there is room for a short reply.
  if (sent.bytes != out.size()) return close(connection), false;
  out.clear();
  sockets_.remove(connection);
  if (followed_ == &connection) followed_ = nullptr;
  connection.turn_to_lines();
  connection.bell = std::make_unique<Trigger>(
      posix::Fd(), [this, &connection] { polled_.add(*connection.lines, connection); });
  // Its edges only: see ServerLines::bell().
  watch(*connection.bell, connection.lines->bell(), EPOLLET);
  polled_.add(*connection.lines, connection);
  return true;
}

void Loop::watch_for(Connection& connection, std::uint32_t events) {
  if (connection.lines) {
    const bool served = !connection.stalled;
    connection.lines->want(served && (events & EPOLLIN), served && (events & EPOLLOUT));
    if (connection.lines->rests()) polled_.add(*connection.lines, connection);
    events = EPOLLRDHUP;
  }
  const int fd = connection.wire->descriptor();
  auto* const source = static_cast<Source*>(&connection);
  if (connection.stalled || &connection == followed_) {
    // Of the one not even its end, which epoll would go on telling, is to be seen before the call is carried
    // out; of the other we see it ourselves.
    if (std::exchange(connection.known, false)) epoll_.forget(fd);
  } else if (!connection.known) {
    epoll_.watch(fd, events, source);
    connection.known = true;
  } else if (events != connection.watched) {
    epoll_.change(fd, events, source);
  }
  connection.watched = events;
}

void Loop::close(Connection& connection) {
  const auto bound = connection.cut_off();
  if (std::exchange(connection.known, false)) epoll_.forget(connection.wire->descriptor());
  if (connection.lines)
    polled_.remove(*connection.lines);
  else
    sockets_.remove(connection);
  if (followed_ == &connection) followed_ = nullptr;
  if (connection.bell) forget(*connection.bell, connection.lines->bell());
  house_.calls.drop(connection);
  house_.calls.leave(connection, bound);
  const auto found = connections_.find(&connection);
  graveyard_.push_back(std::move(found->second));
  connections_.erase(found);
  connection.wire.reset();
  connection.lines = nullptr;
  load_.fetch_sub(1, std::memory_order_relaxed);
  house_.sessions.leave(connection);
  freed_ = true;
  house_.client_left();
}

}  // namespace shmoo::manager
