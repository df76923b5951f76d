// A T in shared memory that may be read while it is written: as relaxed atomic machine words, so that each
// word is whole and the program stays free of data races. Whoever uses it decides what a mix of old and new
// words means.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace shmoo {

namespace detail {
/// The word that T is made of: T's own size when that is a word's, else 8 bytes.
template <std::size_t bytes>
using WordFor =
    std::conditional_t<bytes == 1, std::uint8_t,
                       std::conditional_t<bytes == 2, std::uint16_t,
                                          std::conditional_t<bytes == 4, std::uint32_t, std::uint64_t>>>;
}  // namespace detail

template <class T>
class Words {
  static_assert(std::is_trivially_copyable_v<T> && std::is_default_constructible_v<T>);
  using Word = detail::WordFor<sizeof(T)>;
  static constexpr std::size_t kWhole = sizeof(T) / sizeof(Word);
  static constexpr std::size_t kRest = sizeof(T) % sizeof(Word);

 public:
  static constexpr std::size_t count = kWhole + (kRest ? 1 : 0);

  T load() const {
    T copy{};
    auto* out = reinterpret_cast<std::byte*>(&copy);
    for (std::size_t i = 0; i < kWhole; ++i) {
      const Word word = words_[i].load(std::memory_order_relaxed);
      std::memcpy(out + i * sizeof(Word), &word, sizeof(Word));
    }
    if constexpr (kRest > 0) {
      const Word word = words_[kWhole].load(std::memory_order_relaxed);
      std::memcpy(out + kWhole * sizeof(Word), &word, kRest);
    }
    return copy;
  }

  void store(const T& x) {
    const auto* in = reinterpret_cast<const std::byte*>(&x);
    for (std::size_t i = 0; i < kWhole; ++i) {
      Word word;
      std::memcpy(&word, in + i * sizeof(Word), sizeof(Word));
      words_[i].store(word, std::memory_order_relaxed);
    }
    if constexpr (kRest > 0) {
      Word word = 0;
      std::memcpy(&word, in + kWhole * sizeof(Word), kRest);
      words_[kWhole].store(word, std::memory_order_relaxed);
    }
  }

 private:
  std::array<std::atomic<Word>, count> words_{};
};

}  // namespace shmoo
