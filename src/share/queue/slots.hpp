// What the slot rings have in common: the copying of items, how many slots, and the ticket that names a slot.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include "share/queue/contract.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace shmoo::queue {

/// Copies an item. Small ones without a call: a first and a last part of fixed size, which may overlap.
inline void copy_item(std::byte* to, const std::byte* from, std::size_t bytes) {
  const auto ends = [&]<std::size_t part>(std::integral_constant<std::size_t, part>) {
    std::byte head[part];
    std::byte tail[part];
    std::memcpy(head, from, part);
    std::memcpy(tail, from + bytes - part, part);
    std::memcpy(to, head, part);
    std::memcpy(to + bytes - part, tail, part);
  };
  if (bytes > 128) {
    std::memcpy(to, from, bytes);
  } else if (bytes > 64) {
    ends(std::integral_constant<std::size_t, 64>{});
  } else if (bytes > 32) {
    ends(std::integral_constant<std::size_t, 32>{});
  } else if (bytes > 16) {
    ends(std::integral_constant<std::size_t, 16>{});
  } else if (bytes >= 8) {
    ends(std::integral_constant<std::size_t, 8>{});
  } else {
    for (std::size_t at = 0; at < bytes; ++at) to[at] = from[at];
  }
}

/// Asks for a line in a state in which it can be written, so that the next store to it need not wait for its
/// last reader. (GCC's __builtin_prefetch means a plain prefetch for generic x86-64.)
inline void prefetch_to_write(const void* line) {
#if defined(__x86_64__)
  asm volatile("prefetchw %0" : : "m"(*static_cast<const char*>(line)));
#else
  __builtin_prefetch(line, 1);
#endif
}

/// The longest item that a slot ring takes: its length is kept in 32 bits.
inline constexpr std::size_t kLongestItem = std::numeric_limits<std::uint32_t>::max();

/// A slot: one 8-byte word, then the item; whole lines, so that two slots never share one.
inline std::size_t slot_bytes(const Shape& shape) {
  return (sizeof(std::uint64_t) + shape.max_bytes + 63) / 64 * 64;
}

/// How many slots: max_items exactly; or, when that is left to us, 1024 small ones, and of larger ones what
/// fits the second-level caches (512 KiB), but never less than 8.
inline std::uint32_t slot_count(const Shape& shape) {
  if (shape.max_items > 0) return static_cast<std::uint32_t>(shape.max_items);
  return static_cast<std::uint32_t>(std::clamp<std::size_t>((512 << 10) / slot_bytes(shape), 8, 1024));
}

/// Why a slot ring cannot be made so, or "".
inline std::string slot_refusal(const Shape& shape) {
  if (shape.max_bytes > kLongestItem) return "items of up to 4 GiB only";
  if (shape.max_items > std::numeric_limits<std::uint32_t>::max() / 2) return "at most 2^31 items";
  return "";
}

/// Names the slot that a put or get is about, and the lap it is made in: lap << 32 | index. Laps have 31 bits
/// and wrap; bit 63 is free for the owner of the word. Tickets are compared for equality, or by lap distance.
using Ticket = std::uint64_t;
inline constexpr std::uint32_t kLapMask = 0x7fff'ffff;
inline constexpr Ticket kOneLap = Ticket{1} << 32;

inline std::uint32_t index_of(Ticket ticket) {
  return static_cast<std::uint32_t>(ticket);
}
inline std::uint32_t lap_of(Ticket ticket) {
  return static_cast<std::uint32_t>(ticket >> 32) & kLapMask;
}
inline Ticket ticket_at(std::uint32_t lap, std::uint32_t index) {
  return Ticket{lap & kLapMask} << 32 | index;
}
inline Ticket after(Ticket ticket, std::uint32_t slots) {
  return index_of(ticket) + 1 < slots ? ticket + 1 : ticket_at(lap_of(ticket) + 1, 0);
}
/// How many items lie between two tickets, at most `slots`.
inline std::size_t distance(Ticket from, Ticket to, std::uint32_t slots) {
  const std::uint64_t laps = (lap_of(to) - lap_of(from)) & kLapMask;
  const auto items = static_cast<std::int64_t>(laps * slots + index_of(to)) - index_of(from);
  return static_cast<std::size_t>(std::clamp<std::int64_t>(items, 0, slots));
}

}  // namespace shmoo::queue
