#include "share/array/block.hpp"

#include <cstdint>
#include <limits>

#include "posix/cache.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace shmoo::array {

#if defined(__x86_64__)
namespace {

// Seen on an EPYC Milan guest with 32 MiB of L3, GB/s of memcpy and of these stores: 4 MiB 31 and 20, 8 MiB
// 15 and 16, 16 MiB 7.4 and 12, 64 MiB 6.9 and 9.3; with the copy read afterwards 16 MiB 4.4 and 5.1, 64
// MiB 4.0 and 4.9. Between L2 and half of L3 they lose: the copy is thrown out of a cache that had room for
// it.
const std::size_t too_long_for_l3 =
    posix::l3_bytes() ? posix::l3_bytes() / 2 : std::numeric_limits<std::size_t>::max();

void stream(std::byte* to, const std::byte* from, std::size_t bytes) {
  constexpr std::size_t kLine = 64;
  // The stores need whole aligned lines; the ends go the usual way.
  const std::size_t head = -reinterpret_cast<std::uintptr_t>(to) % kLine;
  std::memcpy(to, from, head);
  const std::size_t end = head + (bytes - head) / kLine * kLine;
  for (std::size_t at = head; at < end; at += kLine) {
    const auto* source = reinterpret_cast<const __m128i*>(from + at);
    auto* target = reinterpret_cast<__m128i*>(to + at);
    const __m128i a = _mm_loadu_si128(source);
    const __m128i b = _mm_loadu_si128(source + 1);
    const __m128i c = _mm_loadu_si128(source + 2);
    const __m128i d = _mm_loadu_si128(source + 3);
    _mm_stream_si128(target, a);
    _mm_stream_si128(target + 1, b);
    _mm_stream_si128(target + 2, c);
    _mm_stream_si128(target + 3, d);
  }
  std::memcpy(to + end, from + end, bytes - end);
  // These stores are not ordered with others: they must be out before a lock is given back.
  _mm_sfence();
}

}  // namespace

void copy_long(void* to, const void* from, std::size_t bytes) {
  if (bytes >= too_long_for_l3)
    stream(static_cast<std::byte*>(to), static_cast<const std::byte*>(from), bytes);
  else
    std::memcpy(to, from, bytes);
}
#else
void copy_long(void* to, const void* from, std::size_t bytes) {
  std::memcpy(to, from, bytes);
}
#endif

}  // namespace shmoo::array
