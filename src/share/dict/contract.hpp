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
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "share/dict/work.hpp"
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

// What a dict may be able to do besides.

/// Calls in flight: flight() gives an object for one thread. Its set(key, value) and get(key) only note a
/// call, send() sends all that were noted, take(value) waits for the answer to the oldest that has none yet;
/// it says whether the key was there and copies the value out as get() does. Calls are carried out in the
/// order they were noted.
template <class D>
concept Flying = requires(D d, std::string_view key, std::string& value) {
  d.flight().set(key, key);
  d.flight().get(key);
  d.flight().send();
  { d.flight().take(value) } -> std::same_as<bool>;
};

/// Makes others beside itself: make() gives an empty one with set() and get(), which is gone when the object
/// that was given is destroyed. identity() is never the same for two that this process was given one after
/// the other. made() counts those that any process has.
template <class D>
concept Maker = requires(D d, std::string_view key, std::string& value) {
  d.make().set(key, key);
  { d.make().get(key, value) } -> std::same_as<bool>;
  { d.make().identity() } -> std::convertible_to<std::uint64_t>;
  { d.made() } -> std::convertible_to<std::size_t>;
};

/// Holds dicts in dicts: nest(depth) puts one dict into another, so many below this one. set_nested() and
/// get_nested() work in the one that is `depth` dicts further down (0 = this one), which they reach from dict
/// to dict, one fetch after the other. made() counts as for a Maker: what was fetched on the way is given
/// back.
template <class D>
concept Nesting = requires(D d, std::size_t depth, std::string_view key, std::string& value) {
  d.nest(depth);
  d.set_nested(depth, key, key);
  { d.get_nested(depth, key, value) } -> std::same_as<bool>;
  { d.made() } -> std::convertible_to<std::size_t>;
};

/// Works in a loop of its own, in another language: work() carries the operations of a workload out in a
/// process that belongs to the calling one, and says how long the loop took there. See work.hpp.
template <class D>
concept Delegating = requires(D d, const Work& work) {
  { d.work(work) } -> std::same_as<Done>;
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
