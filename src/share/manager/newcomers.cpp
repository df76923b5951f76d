#include "share/manager/newcomers.hpp"

#include <algorithm>
#include <exception>

#include "posix/socket.hpp"
#include "posix/tcp.hpp"
#include "posix/timer_fd.hpp"

namespace shmoo::manager {
namespace {

/// A few bytes to a peer that was sent hardly anything before: they find room, or it is not worth waiting.
bool say(const posix::Fd& socket, std::string_view bytes) {
  return posix::send_now(socket.get(), bytes.data(), bytes.size()).bytes == bytes.size();
}

}  // namespace

Newcomers::Newcomer::Newcomer(posix::Fd accepted, Newcomers& all)
    : socket(std::move(accepted)),
      owner(all),
      handshake(all.key_),
      until(posix::monotonic_ns() + kPatience.count()) {}

Newcomers::Newcomers(Loop& loop, std::string key, Welcome welcome, std::function<void()> left)
    : loop_(loop),
      key_(std::move(key)),
      welcome_(std::move(welcome)),
      left_(std::move(left)),
      timer_(posix::make_timer(), [this] { expire(); }) {
  loop_.watch(timer_, timer_.fd.get(), EPOLLET);
}

void Newcomers::add(posix::Fd socket) {
  posix::tune_tcp(socket.get());
  auto one = std::make_shared<Newcomer>(std::move(socket), *this);
  if (!say(one->socket, one->handshake.greeting())) return;
  loop_.watch(*one, one->socket.get());
  newcomers_.push_back(std::move(one));
  if (newcomers_.size() == 1) posix::set_timer(timer_.fd, newcomers_.front()->until);
}

void Newcomers::go_on(Newcomer& one) {
  try {
    std::array<char, 128> room;
    // Never more than the handshake wants: what comes behind it is for the connection.
    const std::size_t wanted = std::min(room.size(), one.handshake.wanted());
    const posix::Transfer got = posix::receive_now(one.socket.get(), room.data(), wanted);
    if (got.state == posix::Transfer::would_block) return;
    if (got.state == posix::Transfer::done) {
      const std::string answer = one.handshake.take({room.data(), got.bytes});
      const bool said = answer.empty() || say(one.socket, answer);
      if (said && one.handshake.state() == ServerHandshake::State::under_way) return;
      if (said && one.handshake.state() == ServerHandshake::State::proven)
        return welcome_(part_with(one), one.handshake.client());
    }
  } catch (const std::exception&) {
    // Costs this one alone.
  }
  if (!one.gone) part_with(one);
}

posix::Fd Newcomers::part_with(Newcomer& one) {
  loop_.forget(one, one.socket.get());
  const auto found = std::find_if(newcomers_.begin(), newcomers_.end(),
                                  [&](const auto& other) { return other.get() == &one; });
  // An event that was fetched before may still name it.
  loop_.post([gone = std::move(*found)] {});
  newcomers_.erase(found);
  left_();
  return std::move(one.socket);
}

void Newcomers::expire() {
  const std::int64_t now = posix::monotonic_ns();
  while (!newcomers_.empty() && newcomers_.front()->until <= now) part_with(*newcomers_.front());
  if (!newcomers_.empty()) posix::set_timer(timer_.fd, newcomers_.front()->until);
}

}  // namespace shmoo::manager
