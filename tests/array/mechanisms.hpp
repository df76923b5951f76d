// What the tests of arrays share: the catalog as a list of test types, and elements of more than one field.
#pragma once
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <tuple>

#include "share/catalog/arrays.hpp"

namespace shmoo::array {

struct Small {
  std::int32_t a = 0;
  float b = 0;
  bool operator==(const Small&) const = default;
};
/// More than a machine word can carry: half of one would show.
struct Big {
  std::uint64_t a = 0, b = 0, c = 0;
  bool operator==(const Big&) const = default;
};

template <class List>
struct TestTypes;
template <class... M>
struct TestTypes<std::tuple<M...>> {
  using Type = testing::Types<M...>;
};
struct MechanismName {
  template <class M>
  static std::string GetName(int) {
    return std::string(M::about.name);
  }
};

using AllArrays = TestTypes<catalog::Arrays>::Type;

template <class M>
constexpr bool holds_big = !std::is_same_v<M, Atomic>;

}  // namespace shmoo::array
