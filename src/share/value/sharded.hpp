// value/sharded: a counter of one padded slot per process, summed on read: adding touches no line that
// another process writes.
//
// A Counter only: it can be added to and read; set() and update() have no meaning for a sum of parts. Any
// process and thread may call anything at any time. A process takes the next slot at its first add(); when
// there are more processes than slots they share some, and since an add is atomic in any case nothing is ever
// lost, it only costs more.
//
// get() includes every add() that was done before it began, and some of those that run meanwhile.
//
// Lifetime: the handle owns the mapping; children inherit it. A process that dies leaves what it added; its
// slot is not given to others.
#pragma once
#include <algorithm>
#include <atomic>
#include <type_traits>

#include "posix/fork_generation.hpp"
#include "posix/mapping.hpp"
#include "share/value/contract.hpp"

namespace shmoo::value {

namespace detail {
template <class T>
constexpr bool can_be_sharded() {
  if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>)
    return std::atomic<T>::is_always_lock_free;
  return false;
}
}  // namespace detail

template <class T>
class ShardedCounter {
  static_assert(detail::can_be_sharded<T>(), "value/sharded counts in an arithmetic type of up to 8 bytes");

 public:
  using value_type = T;
  static constexpr std::uint32_t slots = 64;

  explicit ShardedCounter(T initial = T{}) : cells_(0, initial) {}
  ShardedCounter(ShardedCounter&& other) noexcept : cells_(std::move(other.cells_)) {}

  T get() const {
    const std::uint32_t used = std::min(cells_->taken.load(std::memory_order_acquire), slots);
    Sum sum = static_cast<Sum>(cells_->initial);
    for (std::uint32_t i = 0; i < used; ++i)
      sum += static_cast<Sum>(cells_->slot[i].part.load(std::memory_order_acquire));
    return static_cast<T>(sum);
  }

  void add(T x) { own_slot().part.fetch_add(x, std::memory_order_acq_rel); }

 private:
  // Integers wrap around, as in std::atomic; a sum of signed parts must not overflow on the way.
  using Sum =
      typename std::conditional_t<std::is_integral_v<T>, std::make_unsigned<T>, std::type_identity<T>>::type;

  struct alignas(posix::kPad) Slot {
    std::atomic<T> part{T{}};
  };
  struct Cells {
    explicit Cells(T start) : initial(start) {}
    T initial;
    std::atomic<std::uint32_t> taken{0};
    Slot slot[slots];
  };

  Slot& own_slot() {
    const std::uint64_t generation = posix::fork_generation() + 1;
    std::uint64_t noted = noted_.load(std::memory_order_relaxed);
    if (noted / slots != generation) {
      // Two threads at their first add may take two slots: one stays unused.
      const std::uint32_t taken = cells_->taken.fetch_add(1, std::memory_order_acq_rel);
      noted = generation * slots + taken % slots;
      noted_.store(noted, std::memory_order_relaxed);
    }
    return cells_->slot[noted % slots];
  }

  posix::Shared<Cells> cells_;
  std::atomic<std::uint64_t> noted_{0};  // of this process: (fork generation + 1) * slots + slot
};

struct Sharded {
  static constexpr About about{.name = "sharded",
                               .summary = "a counter of one padded slot per process, summed on read",
                               .peer_death = "nothing happens: what the dead added stays counted",
                               .apart = true};
  template <class T>
  static constexpr const char* refusal = detail::can_be_sharded<T>()
                                             ? nullptr
                                             : "a counter: arithmetic types of up to 8 bytes only";
  template <class T>
  using Of = ShardedCounter<T>;
};

}  // namespace shmoo::value
