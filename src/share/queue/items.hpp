// Typed items over any Queue of bytes: Of<int, PipeQueue>, Of<std::string, FeederQueue> ...
//
// A view: the queue stays what it is and is shared as ever; each process and thread that gets makes its own
// view (it has a buffer), which may be made before or after fork. A type joins by a Codec. Items are encoded
// before a place in the queue is taken, so one that cannot be encoded leaves the queue as it was.
#pragma once
#include <cstring>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "share/queue/contract.hpp"

namespace shmoo::queue {

/// How a T becomes bytes and back: encode() may use `scratch` and returns what to send, valid until the next
/// call; both may throw.
template <class T>
struct Codec;

template <class T>
requires std::is_trivially_copyable_v<T>
struct Codec<T> {
  static std::span<const std::byte> encode(const T& value, std::vector<std::byte>&) {
    return std::as_bytes(std::span(&value, 1));
  }
  static T decode(std::span<const std::byte> bytes) {
    if (bytes.size() != sizeof(T))
      throw std::runtime_error("queue: an item of " + std::to_string(bytes.size()) + " bytes where one of " +
                               std::to_string(sizeof(T)) + " was expected");
    T value;
    std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
  }
};

template <>
struct Codec<std::string> {
  static std::span<const std::byte> encode(const std::string& text, std::vector<std::byte>&) {
    return std::as_bytes(std::span(text));
  }
  static std::string decode(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

/// What came out: a value exactly when the status is ok.
template <class T>
struct Item {
  Got::Status status;
  std::optional<T> value;
  explicit operator bool() const { return value.has_value(); }
  const T& operator*() const { return *value; }
};

template <class T, Queue Q>
class Of {
 public:
  /// `shape` as the queue was made with.
  Of(Q& queue, const Shape& shape) : queue_(queue), buffer_(shape.max_bytes) {}

  /// Waits for room. Errors: std::length_error (longer than the queue's items), what the Codec throws.
  Put put(const T& value, Deadline deadline = Deadline::never()) {
    return queue_.put(Codec<T>::encode(value, scratch_), deadline);
  }

  /// Waits for an item. Errors: what the Codec throws; the item is gone then.
  Item<T> get(Deadline deadline = Deadline::never()) {
    const Got got = queue_.get(buffer_, deadline);
    if (got.status != Got::ok) return {got.status, std::nullopt};
    return {Got::ok, Codec<T>::decode(std::span(buffer_).first(got.bytes))};
  }

  Q& queue() { return queue_; }

 private:
  Q& queue_;
  std::vector<std::byte> buffer_;
  std::vector<std::byte> scratch_;
};

}  // namespace shmoo::queue
