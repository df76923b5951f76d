// value/seqlock: readers take no lock and write nothing; they read and check that no writer came in between.
//
// Any process and thread may call anything at any time. Writers are kept apart by a robust recursive lock;
// readers never wait for a writer, they take the last whole value from another copy. Every word is a relaxed
// atomic, so a reader that loses the race reads nonsense at worst, notices, and reads again.
//
// Lifetime: the handle owns the mapping; children inherit it. Not to be dropped while this process holds the
// lock.
//
// A writer that dies in the middle leaves the last whole value readable, and later writers go on; no call
// throws for it. Only lock() says it, by inherited(): a compound step may have been left half done.
//
// Sources: the sequence lock of the Linux kernel and its latch variant; H. Boehm, "Can seqlocks get along
// with programming language memory models?" (validation by an acquire fence and a second load).
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "posix/mapping.hpp"
#include "share/value/contract.hpp"
#include "share/words.hpp"
#include "sync/robust_lock.hpp"

namespace shmoo::value {

namespace detail {

/// Sequence and data in one line: a reader transfers that line and no other, unless it meets a writer at
/// work. Odd sequence = the front is being written; the back holds the same new value already and is left
/// alone until the sequence is even again. So at any moment one of the two is whole, and the sequence says
/// which.
template <class T>
class OneLine {
 public:
  explicit OneLine(const T& initial) {
    front_.store(initial);
    back_.store(initial);
  }

  T read() const {
    for (;;) {
      const std::uint64_t before = sequence_.load(std::memory_order_acquire);
      const T copy = before % 2 == 0 ? front_.load() : back_.load();
      std::atomic_thread_fence(std::memory_order_acquire);
      if (sequence_.load(std::memory_order_relaxed) == before) return copy;
    }
  }

  /// For one writer at a time.
  void publish(const T& x) {
    std::uint64_t sequence = sequence_.load(std::memory_order_relaxed);
    if (sequence % 2 == 1) {
      // The writer before died while the front was half written.
      front_.store(back_.load());
      sequence_.store(++sequence, std::memory_order_release);
    }
    // Whoever sees a word of the new back sees the even sequence too, and reads again.
    std::atomic_thread_fence(std::memory_order_release);
    back_.store(x);
    sequence_.store(sequence + 1, std::memory_order_release);
    std::atomic_thread_fence(std::memory_order_release);
    front_.store(x);
    sequence_.store(sequence + 2, std::memory_order_release);
  }

 private:
  alignas(posix::kPad) std::atomic<std::uint64_t> sequence_{0};
  Words<T> front_;
  alignas(posix::kPad) Words<T> back_;
};

/// Four cells in turn: the writer fills the next one, then says so. A reader fails only when three more
/// values were published while it read, so a writer that never rests cannot starve it.
template <class T>
class Rotating {
 public:
  explicit Rotating(const T& initial) { cell_[0].words.store(initial); }

  T read() const {
    for (;;) {
      const std::uint64_t version = version_.load(std::memory_order_acquire);
      const T copy = cell_[version % kCells].words.load();
      std::atomic_thread_fence(std::memory_order_acquire);
      // The writer of version + kCells, who uses the same cell, starts once version + kCells - 1 is out.
      if (version_.load(std::memory_order_relaxed) - version < kCells - 1) return copy;
    }
  }

  /// For one writer at a time. One who dies in here leaves a cell that is not out yet: the next writer starts
  /// it afresh.
  void publish(const T& x) {
    const std::uint64_t version = version_.load(std::memory_order_relaxed) + 1;
    // Whoever sees a word of the new cell sees that the version before is out.
    std::atomic_thread_fence(std::memory_order_release);
    cell_[version % kCells].words.store(x);
    version_.store(version, std::memory_order_release);
  }

 private:
  static constexpr std::uint64_t kCells = 4;
  struct alignas(posix::kPad) Cell {
    Words<T> words;
  };
  alignas(posix::kPad) std::atomic<std::uint64_t> version_{0};
  Cell cell_[kCells];
};

inline constexpr std::size_t kCacheLine = 64;

template <class T>
using SeqlockCells =
    std::conditional_t<sizeof(Words<T>) + sizeof(std::uint64_t) <= kCacheLine, OneLine<T>, Rotating<T>>;

}  // namespace detail

template <class T>
class SeqlockValue {
 public:
  using value_type = T;
  using lock_type = sync::RobustLock;

  explicit SeqlockValue(T initial = T{}) : board_(0, initial) {}

  T get() const { return board_->cells.read(); }

  void set(const T& x) {
    const sync::Guard guard(board_->writers);
    board_->cells.publish(x);
  }

  template <class Change>
  void update(Change change) {
    const sync::Guard guard(board_->writers);
    T x = board_->cells.read();
    change(x);
    board_->cells.publish(x);
  }

  void add(T x) requires std::is_arithmetic_v<T> {
    update([x](T& sum) { sum = static_cast<T>(sum + x); });
  }

  /// Keeps other writers out for a scope, for steps of several calls. Readers go on.
  sync::Guard<lock_type> lock() { return sync::Guard(board_->writers); }
  lock_type& get_lock() { return board_->writers; }

 private:
  struct Board {
    explicit Board(const T& initial) : cells(initial) {}
    detail::SeqlockCells<T> cells;
    alignas(posix::kPad) sync::RobustLock writers;
  };
  posix::Shared<Board> board_;
};

struct Seqlock {
  static constexpr About about{
      .name = "seqlock",
      .summary = "readers check a sequence instead of locking; writers take a robust lock",
      .peer_death = "a writer's death leaves the last whole value; later writers go on",
      .patient = true};
  template <class T>
  static constexpr const char* refusal = nullptr;
  template <class T>
  using Of = SeqlockValue<T>;
};

}  // namespace shmoo::value
