// Contract Value<T>: one T that processes share.
//
// - T is trivially copyable; a value starts as zero or as given.
// - Made before fork; every process forked afterwards uses the same object through the inherited handle.
// - get() returns a whole T that somebody set (no half of a write), unless the mechanism says it `tears`.
// - set(x) stores a whole T.
// - update(f) applies f(T&) as one indivisible step, unless the mechanism `loses_updates`; f must be short and not throw.
// - add(x) for arithmetic T: update by += x, with the mechanism's best means.
// - Locked mechanisms take their one recursive lock once per call; lock() returns a guard for compound steps of the caller:
//   { auto guard = v.lock(); v.set(v.get() + 1); } loses nothing.
// - An `isolated` mechanism keeps a copy per process: what is set after fork stays in the process.
// - Every call may be made by any process and thread at any time, except where a header says less.
// - A lock held at fork belongs to the parent alone.
#pragma once
#include <concepts>
#include <type_traits>

#include "share/mechanism.hpp"

namespace shmoo::value {

template <class V>
concept Readable = requires(V v) {
  typename V::value_type;
  requires std::is_trivially_copyable_v<typename V::value_type>;
  { v.get() } -> std::same_as<typename V::value_type>;
};

/// The whole contract.
template <class V>
concept Value = Readable<V> && requires(V v, typename V::value_type x) {
  v.set(x);
  v.update([](typename V::value_type&) {});
};

/// What can be counted on: every arithmetic Value, and mechanisms that can do nothing else (sharded).
template <class V>
concept Counter = Readable<V> && std::is_arithmetic_v<typename V::value_type> &&
                  requires(V v, typename V::value_type x) { v.add(x); };

/// Values with a lock of their own.
template <class V>
concept Locked = Value<V> && requires(V v) { v.lock(); };

}  // namespace shmoo::value
