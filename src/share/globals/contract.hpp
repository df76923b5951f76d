// Contract Globals: memory of one process of which each child gets a snapshot at fork(): what a plain global
// variable does.
//
// - A fixed number of bytes, zero at the start; read and written directly, at the cost of plain memory.
// - A child sees the bytes as they were at the fork.
// - What the child writes stays its own; what the parent writes afterwards stays invisible to the child.
// - Nothing synchronises: the threads of one process must do so themselves, processes cannot meet here.
// - Every mechanism of this contract is `isolated`.
// - The kernel may be asked for huge pages: that changes what a fork and the first write after it cost, no more.
//
// A mechanism's struct names its type by `using Type` and says why it cannot hold so many bytes in such pages
// on this machine by `static std::string refusal(std::size_t bytes, posix::Pages pages)`; "" = it can.
#pragma once
#include <concepts>
#include <cstddef>
#include <span>
#include <string>

#include "posix/mapping.hpp"
#include "share/mechanism.hpp"

namespace shmoo::globals {

template <class G>
concept Globals = std::constructible_from<G, std::size_t, posix::Pages> && std::movable<G> &&
    requires(const G g) {
  { g.bytes() } -> std::same_as<std::span<std::byte>>;
};

}  // namespace shmoo::globals
