// A client that can say anything: requests made by hand, and bytes that are none.
#pragma once
#include <sys/socket.h>

#include <cstring>
#include <string>
#include <vector>

#include "posix/socket.hpp"
#include "share/manager/client.hpp"
#include "share/manager/json.hpp"
#include "support/processes.hpp"

namespace shmoo::manager {

/// A connection on which anything can be said.
class Stranger {
 public:
  /// Over the client's transport; that it is let in is not what this is about.
  explicit Stranger(const Client& client) : wire_(client.place()->connect()) {}
  explicit Stranger(posix::Fd socket) : wire_(std::make_unique<SocketWire>(std::move(socket))) {}

  /// Sends all of it; false when the server has closed the connection.
  bool say(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto sent = wire_->send_now(bytes.data(), bytes.size());
      if (sent.state == posix::Transfer::ended) return false;
      if (sent.state == posix::Transfer::would_block) wire_->wait();
      bytes.remove_prefix(sent.bytes);
    }
    return true;
  }
  /// Over shared memory the socket carries nothing, but its end counts as well.
  void half_close() const { ::shutdown(wire_->descriptor(), SHUT_WR); }
  /// What the server says until it closes the connection.
  std::string rest() const {
    std::string all;
    char room[4096];
    for (;;) {
      const auto got = wire_->receive_some(room, sizeof room);
      if (got.state == posix::Transfer::ended) return all;
      all.append(room, got.bytes);
    }
  }
  std::string read(std::size_t bytes) const {
    std::string all(bytes, '\0');
    for (std::size_t have = 0; have < bytes;) {
      const auto got = wire_->receive_some(all.data() + have, bytes - have);
      test::require(got.state == posix::Transfer::done, "the server closed the connection");
      have += got.bytes;
    }
    return all;
  }
  /// The body of the one reply that comes next.
  std::string reply() const {
    ReplyHeader header;
    std::memcpy(&header, read(sizeof header).data(), sizeof header);
    return read(header.bytes);
  }
  int fd() const { return wire_->descriptor(); }

 private:
  std::unique_ptr<ClientWire> wire_;
};

inline std::string frame(RequestHeader header, std::string_view body) {
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
  return bytes.append(body);
}

inline std::string encoded(const json& value) {
  Buffer out;
  put(out, value);
  return std::string(out.view());
}

inline std::string request(Method method, std::vector<json> arguments, ObjectId object = kServer) {
  std::string body;
  for (const json& argument : arguments) body += encoded(argument);
  RequestHeader header;
  header.method = static_cast<std::uint8_t>(method);
  header.arguments = static_cast<std::uint8_t>(arguments.size());
  header.bytes = static_cast<std::uint32_t>(body.size());
  header.request = 7;
  header.object = object;
  return frame(header, body);
}

}  // namespace shmoo::manager
