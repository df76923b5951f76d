// value/raw: bytes in shared memory and no lock, Python's RawValue.
//
// Any process may call anything at any time and nobody synchronises: single machine words are whole, more may
// be half of one write and half of another, and of two updates at the same time one may be lost.
//
// Lifetime: the handle owns the mapping; children inherit it. A writer's death may leave half of its write.
#pragma once
#include <type_traits>

#include "posix/mapping.hpp"
#include "share/value/contract.hpp"
#include "share/words.hpp"

namespace shmoo::value {

template <class T>
class RawValue {
 public:
  using value_type = T;
  explicit RawValue(T initial = T{}) : cell_(0) { set(initial); }

  T get() const { return cell_->words.load(); }
  void set(const T& x) { cell_->words.store(x); }

  template <class Change>
  void update(Change change) {
    T x = get();
    change(x);
    set(x);
  }

  void add(T x) requires std::is_arithmetic_v<T> { set(static_cast<T>(get() + x)); }

 private:
  struct alignas(posix::kPad) Cell {
    Words<T> words;
  };
  posix::Shared<Cell> cell_;
};

struct Raw {
  static constexpr About about{.name = "raw",
                               .summary = "shared memory without a lock (Python's RawValue)",
                               .peer_death = "nobody waits; half of the write in progress may stay",
                               .loses_updates = true,
                               .tears = true};
  template <class T>
  static constexpr const char* refusal = nullptr;
  template <class T>
  using Of = RawValue<T>;
};

}  // namespace shmoo::value
