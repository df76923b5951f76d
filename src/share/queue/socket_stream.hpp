// queue/socket_stream: a pair of Unix stream sockets, written by the caller.
//
// As a stream socket promises no write to be whole, putters always take turns under a lock, and getters look
// up every 50 ms. Bound: max_items, or what the socket's send buffer (1 MiB where net.core.wmem_max lets it,
// bookkeeping included: some 1300 short items) holds.
//
// Who may call, who synchronises, lifetime, and what a death costs: stream.hpp.
#pragma once
#include "posix/socket_pair.hpp"
#include "share/mechanism.hpp"
#include "share/queue/stream_queue.hpp"

namespace shmoo::queue {

using SocketStreamQueue = StreamQueue<posix::StreamPair>;

struct SocketStream {
  static constexpr About about{
      .name = "socket_stream",
      .summary = "frames in a Unix stream socket pair, written and read by the callers",
      .peer_death =
          "a killed getter loses at most the item it was taking, a killed putter the one it was putting"};
  using Type = SocketStreamQueue;
  static std::string refusal(const Shape& shape) { return Type::refusal(shape); }
};

}  // namespace shmoo::queue
