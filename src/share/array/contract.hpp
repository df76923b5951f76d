// Contract Array<T>: a fixed number of T that processes share.
//
// - T is trivially copyable; elements start as zero or as given; the length never changes.
// - Made before fork; every process forked afterwards uses the same object through the inherited handle.
// - get(i), set(i, x): one element, whole.
// - update(i, f): f(T&) as one indivisible step unless the mechanism `loses_updates`.
// - read(first, out): copies elements [first, first + out.size()) out.
// - write(first, in): copies in over as many elements.
// - slice(first, last) returns a copy; assign(first, last, in) needs in.size() == last - first (free below).
// - An index or range beyond the end is std::out_of_range, a length that does not match std::length_error:
//   nothing is written.
// - Locked mechanisms take their one recursive lock once per call, whatever its length, and offer lock().
// - A mechanism that `tears` promises wholeness per element only: a slice may mix the states before and after
//   another's write. One without any synchronisation promises it for elements of at most 8 bytes.
// - An `isolated` mechanism keeps a copy per process.
//
// A mechanism's struct names its type by `template <class T> using Of` and says why it cannot hold so many
// elements of T on this machine by `template <class T> static std::string refusal(std::size_t elements)`;
// "" = it can.
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "share/mechanism.hpp"

namespace shmoo::array {

template <class A>
concept Array = requires(A a, const A c, typename A::value_type x, std::size_t i,
                         std::span<typename A::value_type> out, std::span<const typename A::value_type> in) {
  requires std::is_trivially_copyable_v<typename A::value_type>;
  requires std::constructible_from<A, std::size_t>;
  requires std::constructible_from<A, std::span<const typename A::value_type>>;
  { c.size() } -> std::same_as<std::size_t>;
  { a.get(i) } -> std::same_as<typename A::value_type>;
  a.set(i, x);
  a.update(i, [](typename A::value_type&) {});
  a.read(i, out);
  a.write(i, in);
};

/// Arrays with one lock over the whole.
template <class A>
concept Locked = Array<A> && requires(A a) {
  a.lock();
};

/// Throws std::out_of_range unless [first, first + count) lies within `size` elements.
inline void check_range(std::size_t first, std::size_t count, std::size_t size) {
  if (first > size || count > size - first)
    throw std::out_of_range("array: elements " + std::to_string(first) + " to " +
                            std::to_string(first + count) + " asked of " + std::to_string(size));
}

/// Throws std::out_of_range unless element `i` is one of `size`.
inline void check_index(std::size_t i, std::size_t size) {
  if (i >= size) [[unlikely]]
    throw std::out_of_range("array: element " + std::to_string(i) + " asked of " + std::to_string(size));
}

/// The bytes of `count` elements of T. Throws std::length_error when no memory could hold them.
template <class T>
std::size_t bytes_of(std::size_t count) {
  if (count > PTRDIFF_MAX / sizeof(T))
    throw std::length_error("array: " + std::to_string(count) + " elements are too many");
  return count * sizeof(T);
}

/// A copy of elements [first, last).
template <Array A>
std::vector<typename A::value_type> slice(A& array, std::size_t first, std::size_t last) {
  if (last < first) throw std::out_of_range("array: a slice ends before it begins");
  check_range(first, last - first, array.size());
  std::vector<typename A::value_type> copy(last - first);
  array.read(first, copy);
  return copy;
}

/// Overwrites elements [first, last) with as many values.
template <Array A>
void assign(A& array, std::size_t first, std::size_t last, std::span<const typename A::value_type> values) {
  if (last < first || values.size() != last - first)
    throw std::length_error("array: " + std::to_string(values.size()) +
                            " values given for a slice of another length");
  array.write(first, values);
}

}  // namespace shmoo::array
