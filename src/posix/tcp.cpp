#include "posix/tcp.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <memory>

#include "posix/error.hpp"
#include "posix/socket.hpp"

namespace shmoo::posix {
namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

std::string place(const std::string& host, std::uint16_t port) {
  return host + " port " + std::to_string(port);
}

Addresses resolve(const std::string& host, std::uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (code == EAI_SYSTEM) fail("find the host " + host);
  if (code != 0) fail("find the host " + host + " (" + ::gai_strerror(code) + ")", EHOSTUNREACH);
  return {found, &::freeaddrinfo};
}

Fd socket_for(const addrinfo& address) {
  return Fd(
      check(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "make a socket"));
}

void set(int socket, int level, int option, int value) {
  check(::setsockopt(socket, level, option, &value, sizeof value), "set an option of a socket");
}

/// @return 0 or an errno value.
int try_connect(int socket, const addrinfo& address, Deadline deadline) {
  if (::connect(socket, address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS && errno != EINTR) return errno;
  pollfd ready{socket, POLLOUT, 0};
  const int polled = retry([&] { return ::poll(&ready, 1, deadline.poll_ms()); });
  if (polled == 0) return ETIMEDOUT;
  int code = errno;
  socklen_t bytes = sizeof code;
  if (polled > 0 && ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &bytes) < 0) return errno;
  return code;
}

void make_blocking(int socket) {
  const int flags = check(::fcntl(socket, F_GETFL), "look at a socket");
  check(::fcntl(socket, F_SETFL, flags & ~O_NONBLOCK), "make a socket wait");
}

/// Of one end, by getsockname or getpeername.
std::uint16_t port_by(int (*ask)(int, sockaddr*, socklen_t*), int socket) {
  sockaddr_storage address{};
  socklen_t bytes = sizeof address;
  check(ask(socket, reinterpret_cast<sockaddr*>(&address), &bytes), "ask for the port of a socket");
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

}  // namespace

Fd listen_tcp(const std::string& host, std::uint16_t port) {
  const Addresses addresses = resolve(host, port, AI_PASSIVE);
  Fd socket = socket_for(*addresses);
  set(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (::bind(socket.get(), addresses->ai_addr, addresses->ai_addrlen) < 0)
    fail("bind a socket to " + place(host, port));
  if (::listen(socket.get(), 1024) < 0) fail("listen at " + place(host, port));
  return socket;
}

Fd connect_tcp(const std::string& host, std::uint16_t port, Deadline deadline) {
  const Addresses addresses = resolve(host, port, 0);
  int code = EHOSTUNREACH;
  for (const addrinfo* one = addresses.get(); one; one = one->ai_next) {
    Fd socket = socket_for(*one);
    code = try_connect(socket.get(), *one, deadline);
    if (code != 0) continue;
    make_blocking(socket.get());
    tune_tcp(socket.get());
    return socket;
  }
  fail("connect to " + place(host, port), code);
}

void tune_tcp(int socket) {
  set(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(socket, IPPROTO_TCP, TCP_KEEPIDLE, 30);   // s without a word until the first question
  set(socket, IPPROTO_TCP, TCP_KEEPINTVL, 10);  // s from one question to the next
  set(socket, IPPROTO_TCP, TCP_KEEPCNT, 3);     // that may go unanswered
}

std::uint16_t port_of(int socket) {
  return port_by(::getsockname, socket);
}

std::pair<Fd, Fd> connected_tcp_pair(Deadline deadline) {
  const std::string host = "127.0.0.1";
  const Fd listener = listen_tcp(host, 0);
  const std::uint16_t port = port_of(listener.get());
  Fd here = connect_tcp(host, port, deadline);
  for (;;) {
    // Another process may have connected as well: that one is not meant.
    Fd there = accept_waiting(listener.get());
    if (there && port_by(::getpeername, there.get()) == port_of(here.get())) {
      make_blocking(there.get());
      tune_tcp(there.get());
      return {std::move(here), std::move(there)};
    }
    if (there) continue;
    pollfd ready{listener.get(), POLLIN, 0};
    if (check(retry([&] { return ::poll(&ready, 1, deadline.poll_ms()); }), "wait for a connection") == 0)
      fail("connect to " + place(host, port), ETIMEDOUT);
  }
}

}  // namespace shmoo::posix
