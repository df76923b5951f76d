// How items travel in a stream of bytes: each behind its length, 4 bytes, the highest first (as in Python's
// multiprocessing).
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace shmoo::queue {

inline constexpr std::size_t kHeaderBytes = 4;
/// The longest item: what a positive 32-bit number can say.
inline constexpr std::size_t kLongestFrame = std::numeric_limits<std::int32_t>::max();
/// A length that no item has: this frame holds none, and only ends a wait.
inline constexpr std::uint32_t kWakeUp = 0x8000'0000;

using Header = std::array<std::byte, kHeaderBytes>;

inline Header header_of(std::uint32_t length) {
  return {std::byte(length >> 24), std::byte(length >> 16), std::byte(length >> 8), std::byte(length)};
}

inline std::uint32_t length_at(const std::byte* header) {
  const auto at = [&](int i) { return std::to_integer<std::uint32_t>(header[i]); };
  return at(0) << 24 | at(1) << 16 | at(2) << 8 | at(3);
}

}  // namespace shmoo::queue
