// Contract Dict: string keys to byte values, shared by processes.
//
// - Made before fork; every process forked afterwards uses the same object through the inherited handle.
// - set(key, value) inserts or replaces; get(key, value) copies out and says whether the key was there;
// erase(key) likewise.
// - update(items) is set for each of them, as one indivisible step and one trip.
// - items() is a copy of all, in unspecified order; size() their number; clear() empties.
// - Each call is atomic. Values are copies: changing what get returned changes nothing in the dict.
// - An `isolated` mechanism keeps a copy per process.
// - A mechanism of bounded memory throws std::bad_alloc when a set finds no room; the dict stays as it was.
#pragma once
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "share/mechanism.hpp"

namespace shmoo::dict {

using Item = std::pair<std::string_view, std::string_view>;
using OwnedItem = std::pair<std::string, std::string>;

/// What a dict is made for: a hint for mechanisms of fixed memory.
struct Shape {
  std::size_t max_items = 1024;      ///< keys at one time
  std::size_t max_value_bytes = 64;  ///< longest value, bytes
};

template <class D>
concept Dict = std::constructible_from<D, const Shape&> &&
    requires(D d, std::string_view key, std::string_view value, std::string& out,
             std::span<const Item> items) {
  d.set(key, value);
  { d.get(key, out) } -> std::same_as<bool>;
  { d.erase(key) } -> std::same_as<bool>;
  d.update(items);
  { d.items() } -> std::same_as<std::vector<OwnedItem>>;
  { d.size() } -> std::convertible_to<std::size_t>;
  d.clear();
};

/// A mechanism of this contract says with `static std::string refusal(const Shape&)` why it cannot be made so
/// on this machine
/// ("" = it can): the limits are declared, not discovered.
template <class M>
concept Mechanism = Dict<typename M::Type> && requires(const Shape& shape) {
  { M::about.name } -> std::convertible_to<std::string_view>;
  { M::refusal(shape) } -> std::same_as<std::string>;
};

}  // namespace shmoo::dict
