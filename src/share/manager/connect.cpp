#include "share/manager/connect.hpp"

#include <array>

#include "posix/poll.hpp"
#include "posix/tcp.hpp"
#include "share/manager/error.hpp"
#include "share/manager/handshake.hpp"
#include "share/manager/line_wire.hpp"

namespace shmoo::manager {
namespace {

constexpr posix::Nanoseconds kConnectPatience = std::chrono::seconds(10);  // handshake included

std::string receive_all(int socket, std::size_t bytes, posix::Deadline deadline) {
  std::string all(bytes, '\0');
  for (std::size_t have = 0; have < bytes;) {
    const posix::Transfer got = posix::receive_now(socket, all.data() + have, bytes - have);
    if (got.state == posix::Transfer::ended) throw ConnectionLost("the server closed the connection");
    have += got.bytes;
    if (got.state == posix::Transfer::done) continue;
    if (deadline.passed()) throw ConnectionLost("the server does not go on with the handshake");
    posix::wait_readable(std::array{socket}, deadline);
  }
  return all;
}

std::unique_ptr<ClientWire> over_tcp(const HostPort& place, const std::string& key) {
  const posix::Deadline deadline = posix::Deadline::in(kConnectPatience);
  posix::Fd socket = posix::connect_tcp(place.host, place.port, deadline);
  ClientHandshake handshake(key);
  const std::string proof =
      handshake.prove(receive_all(socket.get(), ClientHandshake::kGreetingBytes, deadline));
  if (posix::send_now(socket.get(), proof.data(), proof.size()).bytes != proof.size())
    throw ConnectionLost("the server closed the connection");
  handshake.judge(receive_all(socket.get(), ClientHandshake::kAnswerBytes, deadline));
  return std::make_unique<PrivateSocketWire>(std::move(socket));
}

}  // namespace

std::unique_ptr<ClientWire> connect(const Address& address, const std::string& key) {
  switch (address.transport) {
    case Transport::tcp:
      try {
        return over_tcp(address.place, key);
      } catch (const PermissionError& error) {
        throw PermissionError(address.text() + ": " + error.what());
      } catch (const ProtocolError& error) {
        throw ProtocolError(address.text() + ": " + error.what());
      } catch (const ConnectionLost& error) {
        throw ConnectionLost(address.text() + ": " + error.what());
      }
    case Transport::shm:
      return ask_for_lines(posix::connect_unix(address.path));
    case Transport::socket:
      break;
  }
  return std::make_unique<SocketWire>(posix::connect_unix(address.path));
}

}  // namespace shmoo::manager
