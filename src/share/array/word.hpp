// Elements of shared memory that several processes access at the same time without a lock.
//
// To a plain access that races, C++ gives no meaning: the compiler may split, repeat or drop it. So an
// element of 1, 2, 4 or 8 bytes is accessed as a relaxed atomic word, which costs the same instruction as the
// plain one. A larger element has no such word: it goes through memcpy, which moves every byte but may mix
// the bytes of two writes.
#pragma once
#include <atomic>
#include <cstring>

namespace shmoo::array {

/// Whether T is accessed as one word; a T that is less aligned than long lies in an array that starts on a
/// page.
template <class T>
inline constexpr bool is_word = std::atomic_ref<T>::is_always_lock_free;

template <class T>
T load(const T& element, std::memory_order order = std::memory_order_relaxed) {
  if constexpr (is_word<T>) {
    return std::atomic_ref<T>(const_cast<T&>(element)).load(order);
  } else {
    T copy;
    std::memcpy(static_cast<void*>(&copy), &element, sizeof copy);
    return copy;
  }
}

template <class T>
void store(T& element, T x, std::memory_order order = std::memory_order_relaxed) {
  if constexpr (is_word<T>)
    std::atomic_ref<T>(element).store(x, order);
  else
    std::memcpy(static_cast<void*>(&element), &x, sizeof x);
}

}  // namespace shmoo::array
