// array/atomic: each element a lock-free atomic in shared memory. Elements of 1, 2, 4 or 8 bytes; a larger T
// does not compile.
//
// Any process may call anything at any time; the hardware synchronises. Elements are whole, slices are not: a
// slice may mix the states before and after another's write. What a process wrote before set() or write() is
// visible to who reads that element. A process that dies leaves whole elements. Lifetime: the handle owns the
// mapping; children inherit it.
#pragma once
#include <algorithm>
#include <cstdint>

#include "posix/mapping.hpp"
#include "share/array/contract.hpp"
#include "share/array/word.hpp"

namespace shmoo::array {

template <class T>
class AtomicArray {
  static_assert(is_word<T>, "array/atomic holds elements of lock-free sizes only: 1, 2, 4 or 8 bytes");

 public:
  using value_type = T;
  explicit AtomicArray(std::size_t size) : memory_(bytes_of<T>(size)), size_(size) {}
  explicit AtomicArray(std::span<const T> initial) : AtomicArray(initial.size()) { write(0, initial); }

  std::size_t size() const { return size_; }
  T get(std::size_t i) const {
    check_index(i, size_);
    return load(data_[i], std::memory_order_acquire);
  }
  void set(std::size_t i, T x) {
    check_index(i, size_);
    store(data_[i], x, std::memory_order_release);
  }
  /// Compare-and-swap until no other process came in between: `change` may run more than once.
  template <class Change>
  void update(std::size_t i, Change change) {
    check_index(i, size_);
    const std::atomic_ref<T> element(data_[i]);
    T seen = element.load(std::memory_order_relaxed);
    T next;
    do {
      next = seen;
      change(next);
    } while (
        !element.compare_exchange_weak(seen, next, std::memory_order_acq_rel, std::memory_order_relaxed));
  }
  void read(std::size_t first, std::span<T> out) const {
    check_range(first, out.size(), size_);
    each_piece(first, out.size(), [&]<class Piece>(std::size_t at, Piece*) {
      const Piece piece = load(*reinterpret_cast<const Piece*>(data_ + at), std::memory_order_acquire);
      std::memcpy(static_cast<void*>(&out[at - first]), &piece, sizeof piece);
    });
  }
  void write(std::size_t first, std::span<const T> in) {
    check_range(first, in.size(), size_);
    each_piece(first, in.size(), [&]<class Piece>(std::size_t at, Piece*) {
      Piece piece;
      std::memcpy(&piece, &in[at - first], sizeof piece);
      store(*reinterpret_cast<Piece*>(data_ + at), piece, std::memory_order_release);
    });
  }

 private:
  using Word = std::uint64_t;
  static constexpr std::size_t kPerWord = sizeof(Word) / sizeof(T);

  /// Elements one by one up to the first aligned 8-byte word, whole words, and the rest one by one. An
  /// element never straddles two words, and every machine that we build for moves an aligned word at once:
  /// the elements in it are whole. memcpy would not do: it may write an element twice, and so undo what
  /// another process did to it in between.
  template <class Move>
  static void each_piece(std::size_t first, std::size_t count, Move move) {
    const std::size_t end = first + count;
    const std::size_t words = std::min(end, (first + kPerWord - 1) / kPerWord * kPerWord);
    const std::size_t rest = words + (end - words) / kPerWord * kPerWord;
    std::size_t at = first;
    for (; at < words; ++at) move(at, static_cast<T*>(nullptr));
#pragma GCC unroll 8
    for (; at < rest; at += kPerWord) move(at, static_cast<Word*>(nullptr));
    for (; at < end; ++at) move(at, static_cast<T*>(nullptr));
  }

  posix::SharedMapping memory_;
  T* data_ = reinterpret_cast<T*>(memory_.data());
  std::size_t size_;
};

struct Atomic {
  static constexpr About about{
      .name = "atomic",
      .summary = "each element a lock-free atomic in shared memory",
      .peer_death = "nothing happens: every element is whole, a slice may be half written",
      .tears = true};
  template <class T>
  static std::string refusal(std::size_t) {
    return is_word<T> ? "" : "elements of lock-free sizes only: 1, 2, 4 or 8 bytes";
  }
  template <class T>
  using Of = AtomicArray<T>;
};

}  // namespace shmoo::array
