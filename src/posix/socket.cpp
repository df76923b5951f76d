#include "posix/socket.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "posix/error.hpp"

namespace shmoo::posix {
namespace {

sockaddr_un address_of(const std::string& path) {
  if (!fits_unix_socket(path)) fail("use the socket path " + path, ENAMETOOLONG);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

Fd stream_socket(int flags) {
  return Fd(check(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0), "make a socket"));
}

int try_connect(int socket, const sockaddr_un& address) {
  return retry(
      [&] { return ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address); });
}

bool nobody_listens(const sockaddr_un& address) {
  const Fd probe = stream_socket(SOCK_NONBLOCK);
  return try_connect(probe.get(), address) < 0 && errno == ECONNREFUSED;
}

}  // namespace

Transfer moved(ssize_t result, const char* what) {
  if (result > 0) return {Transfer::done, static_cast<std::size_t>(result)};
  if (result == 0) return {Transfer::ended};
  switch (errno) {
    case EAGAIN:
      return {Transfer::would_block};
    // The last three are how a network tells that the other machine does not answer any more.
    case EPIPE:
    case ECONNRESET:
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case ENETUNREACH:
      return {Transfer::ended};
    default:
      fail(what);
  }
}

bool fits_unix_socket(const std::string& path) {
  return path.size() < sizeof(sockaddr_un::sun_path);
}

Fd listen_unix(const std::string& path) {
  const sockaddr_un address = address_of(path);
  Fd socket = stream_socket(SOCK_NONBLOCK);
  // Before bind: Linux makes the file with the mode of the socket, so it is never open to others, not even
  // for a moment.
  check(::fchmod(socket.get(), 0600), "restrict a socket");
  const auto bind = [&] {
    return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  };
  int result = bind();
  if (result < 0 && errno == EADDRINUSE && nobody_listens(address)) {
    ::unlink(path.c_str());
    result = bind();
  }
  if (result < 0) fail("bind a socket to " + path);
  if (::listen(socket.get(), 1024) < 0) fail("listen at " + path);
  return socket;
}

Fd connect_unix(const std::string& path) {
  Fd socket = stream_socket(0);
  if (try_connect(socket.get(), address_of(path)) < 0) fail("connect to " + path);
  return socket;
}

std::pair<Fd, Fd> connected_pair() {
  int ends[2];
  check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "make a socket pair");
  return {Fd(ends[0]), Fd(ends[1])};
}

void limit_waiting(int socket, Nanoseconds most) {
  const timeval limit{most.count() / 1'000'000'000, most.count() % 1'000'000'000 / 1'000};
  check(::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), "limit a socket's waiting");
}

Fd accept_waiting(int listener) {
  Fd socket(retry([&] { return ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK); }));
  if (!socket && errno != EAGAIN && errno != EWOULDBLOCK && errno != ECONNABORTED)
    fail("accept a connection");
  return socket;
}

Peer peer_of(int socket) {
  ucred peer{};
  socklen_t bytes = sizeof peer;
  check(::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &bytes), "ask who connected");
  return {peer.pid, peer.uid};
}

Transfer receive_now(int socket, void* data, std::size_t bytes) {
  return moved(retry([&] { return ::recv(socket, data, bytes, MSG_DONTWAIT); }), "receive");
}

Transfer send_now(int socket, const void* data, std::size_t bytes) {
  return moved(retry([&] { return ::send(socket, data, bytes, MSG_DONTWAIT | MSG_NOSIGNAL); }), "send");
}

bool has_left(int socket, int pidfd) {
  std::array<pollfd, 2> both{{{socket, POLLRDHUP, 0}, {pidfd, POLLIN, 0}}};  // poll passes over -1
  check(retry([&] { return ::poll(both.data(), both.size(), 0); }), "look at a socket");
  return both[0].revents != 0 || both[1].revents != 0;
}

Transfer receive_some(int socket, void* data, std::size_t bytes) {
  return moved(retry([&] { return ::recv(socket, data, bytes, 0); }), "receive");
}

Readiness wait_for_socket(int socket) {
  pollfd either{socket, POLLIN | POLLOUT, 0};
  check(retry([&] { return ::poll(&either, 1, -1); }), "wait for a socket");
  const bool ended = (either.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
  return {ended || (either.revents & POLLIN), ended || (either.revents & POLLOUT)};
}

}  // namespace shmoo::posix
