// queue/seqpacket: one message of a SOCK_SEQPACKET socket pair per item.
//
// Any process and thread may put and get, without a lock of ours: the kernel hands each message whole to one
// receiver, and what a reader has not taken stays where it is. Made before fork, gone with the last process.
// An item must fit the send buffer, and the kernel wants its memory in one piece: refusal() says how long one
// may be here. Each message carries one byte behind the item, as an empty message would look like the end.
// Bound: max_items, or what the send buffer holds.
//
// Death of a peer: nothing waits for it. Killed while it waits, it takes nothing along; killed in get, the
// one item that it had received; killed in put, at most its place (places.hpp).
#pragma once
#include <algorithm>
#include <array>
#include <string>

#include "posix/mapping.hpp"
#include "posix/rest.hpp"
#include "posix/socket_pair.hpp"
#include "share/mechanism.hpp"
#include "share/queue/contract.hpp"
#include "share/queue/places.hpp"

namespace shmoo::queue {

class SeqpacketQueue {
 public:
  explicit SeqpacketQueue(const Shape& shape)
      : shape_(shape), socket_(buffer_for(shape.max_bytes)), places_(0, shape.max_items) {}

  Put put(std::span<const std::byte> item, Deadline deadline) {
    check_item(item.size(), shape_);
    for (;;) {
      if (!places_->wait_for_room(deadline)) return Put::full;
      if (const Put result = try_put(item, deadline); result != Put::full) return result;
      if (deadline.passed()) return Put::full;
      socket_.wait_writable(next_look(deadline));
    }
  }

  Got get(std::span<std::byte> buffer, Deadline deadline) {
    check_buffer(buffer.size(), shape_);
    std::byte mark;
    const posix::Room room{buffer.first(shape_.max_bytes), {&mark, 1}};
    std::size_t length = 0;
    if (deadline.is_never()) {
      length = socket_.receive(room);
    } else {
      while (!socket_.receive_now(room, length)) {
        if (deadline.passed()) return {Got::empty};
        socket_.wait_readable(deadline);
      }
    }
    if (length == 0) return {Got::closed};
    places_->leave();
    return {Got::ok, length - 1};
  }

  /// Ends all receiving once the messages are gone, in the kernel: no getter is left waiting.
  void close() {
    socket_.shut();
    places_->close();
  }
  /// What was put is in the socket already.
  void flush() {}
  std::size_t size() const { return places_->size(); }

  static std::string refusal(const Shape& shape) {
    const std::size_t longest = longest_item(shape.max_bytes);
    if (shape.max_bytes <= longest) return "";
    return "one message per item, and here a message carries at most " + std::to_string(longest) +
           " bytes (net.core.wmem_max and the kernel's largest piece of memory)";
  }

 private:
  /// The kernel keeps a message in one piece of memory of at most 4 MiB, part of it for itself.
  static constexpr std::size_t kLongest = (4 << 20) - (64 << 10);

  /// Room for some hundred short items or a few long ones; the kernel doubles it for its own bookkeeping.
  static std::size_t buffer_for(std::size_t max_bytes) {
    return std::max<std::size_t>(512 << 10, 2 * std::min(max_bytes, kLongest));
  }
  static std::size_t longest_item(std::size_t max_bytes) {
    return std::min(posix::PacketPair(buffer_for(max_bytes)).longest_message() - 1, kLongest);
  }

  Put try_put(std::span<const std::byte> item, Deadline deadline) {
    static constexpr std::array<std::byte, 1> mark{};
    Places::Attempt attempt(*places_);
    if (attempt.result() != Put::ok) return attempt.result();
    switch (socket_.send_now({item, mark})) {
      case posix::PacketPair::Sent::ok:
        attempt.keep();
        return Put::ok;
      case posix::PacketPair::Sent::no_memory:
        // The socket would call itself writable at once.
        if (!deadline.is_now()) posix::nap(posix::Nanoseconds(1'000'000));
        return Put::full;
      case posix::PacketPair::Sent::no_room:
        return Put::full;
      case posix::PacketPair::Sent::shut:
        return Put::closed;
    }
    return Put::full;
  }

  Shape shape_;
  posix::PacketPair socket_;
  posix::Shared<Places> places_;
};

struct Seqpacket {
  static constexpr About about{.name = "seqpacket",
                               .summary = "one message of a Unix packet socket pair per item",
                               .peer_death = "nobody waits for it; the item it had received is lost"};
  using Type = SeqpacketQueue;
  static std::string refusal(const Shape& shape) { return Type::refusal(shape); }
};

}  // namespace shmoo::queue
