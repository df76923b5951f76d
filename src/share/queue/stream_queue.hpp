// A queue whose putters write to the stream themselves: contract Queue over any Channel. See stream.hpp for
// who may call what and for what a death costs.
#pragma once
#include "share/queue/contract.hpp"
#include "share/queue/stream.hpp"

namespace shmoo::queue {

template <class Channel>
class StreamQueue {
 public:
  explicit StreamQueue(const Shape& shape) : shape_(shape), stream_(shape) {}

  /// A bound beyond what the channel holds is never reached: the channel is full first.
  Put put(std::span<const std::byte> item, Deadline deadline) {
    check_item(item.size(), shape_);
    const Header header = header_of(static_cast<std::uint32_t>(item.size()));
    return stream_.write({header, item}, deadline, PlacePerFrame{stream_.places()});
  }

  Got get(std::span<std::byte> buffer, Deadline deadline) {
    check_buffer(buffer.size(), shape_);
    return stream_.read(buffer, deadline, [] { return false; });
  }

  void close() { stream_.close(); }
  /// What was put is in the channel already.
  void flush() {}
  std::size_t size() const { return stream_.places().size(); }

  static std::string refusal(const Shape& shape) { return Stream<Channel>::refusal(shape); }

 private:
  Shape shape_;
  Stream<Channel> stream_;
};

}  // namespace shmoo::queue
