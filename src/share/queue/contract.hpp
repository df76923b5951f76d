// Contract Queue: items of bytes, put by some processes and got by others.
//
// - Made before fork with a Shape; every process forked afterwards uses the same object through the inherited handle.
// - put(item, deadline): ok, or full (at the deadline; Deadline::now() = at once), or closed. Nothing is in the queue unless ok.
//   An item longer than Shape::max_bytes is std::length_error and takes no slot.
// - get(buffer, deadline): ok with the item's size, or empty (at the deadline), or closed (closed and drained). `buffer` must
//   hold max_bytes, else std::length_error.
// - At most Shape::max_items items are in the queue (exactly so many, also under contention); 0 = the mechanism's own bound.
// - Each item is delivered exactly once and whole. FIFO per producer: one consumer sees one producer's items in put order.
// - close(): from then on every put, in any process, is `closed`; gets drain what is there, then report `closed`.
// - flush(): waits until all that this process put is where a getter finds it even if this process exits now.
// - size(): items put and not yet got; exact while nobody puts or gets.
// - No item may overtake, be cut or be lost while all processes live; each header says what a death costs.
#pragma once
#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>

#include "posix/clock.hpp"
#include "share/mechanism.hpp"

namespace shmoo::queue {

using posix::Deadline;

/// What a queue is made for.
struct Shape {
  std::size_t max_items = 0;   ///< bound on items; 0 = the mechanism's own
  std::size_t max_bytes = 64;  ///< longest item, bytes
  int producers = 1;           ///< how many processes will put
  int consumers = 1;           ///< how many processes will get
};

enum class Put { ok, full, closed };

struct Got {
  enum Status { ok, empty, closed } status;
  std::size_t bytes = 0;  ///< size of the item when ok
  bool operator==(const Got&) const = default;
};

template <class Q>
concept Queue = std::constructible_from<Q, const Shape&> &&
                requires(Q q, std::span<const std::byte> item, std::span<std::byte> buffer, Deadline deadline) {
                  { q.put(item, deadline) } -> std::same_as<Put>;
                  { q.get(buffer, deadline) } -> std::same_as<Got>;
                  q.close();
                  q.flush();
                  { q.size() } -> std::convertible_to<std::size_t>;
                };

/// A mechanism of this contract says with `static std::string refusal(const Shape&)` why it cannot be made so ("" = it can):
/// the limits are declared, not discovered.
template <class M>
concept Mechanism = Queue<typename M::Type> && requires(const Shape& shape) {
  { M::about.name } -> std::convertible_to<std::string_view>;
  { M::refusal(shape) } -> std::same_as<std::string>;
};

/// Throws unless an item of `bytes` fits the queue.
inline void check_item(std::size_t bytes, const Shape& shape) {
  if (bytes > shape.max_bytes)
    throw std::length_error("queue: an item of " + std::to_string(bytes) + " bytes, made for " +
                            std::to_string(shape.max_bytes));
}

/// Throws unless a getter's buffer holds the longest item.
inline void check_buffer(std::size_t bytes, const Shape& shape) {
  if (bytes < shape.max_bytes)
    throw std::length_error("queue: a buffer of " + std::to_string(bytes) + " bytes for items of up to " +
                            std::to_string(shape.max_bytes));
}

}  // namespace shmoo::queue
