// Every array in the catalog is shared by processes as it says: what a child writes arrives, updates are not
// lost, nothing promised whole is torn; or it says that it keeps less, and does.
#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>
#include <tuple>
#include <vector>

#include "array/mechanisms.hpp"
#include "support/processes.hpp"

namespace shmoo::array {
namespace {

using test::require;
using test::run_process;
using test::run_processes;

template <class M>
class SharedArray : public testing::Test {};
TYPED_TEST_SUITE(SharedArray, AllArrays, MechanismName);

/// An array of forty T. A child writes x by each of the three means; the parent sees it, or nothing of it.
template <class T, class M>
class Forty {
 public:
  explicit Forty(const T& x) : x_(x) {}

  void write() {
    array_.set(0, x_);
    array_.write(1, filled<38>(x_));
    array_.update(39, [this](T& element) { element = x_; });
  }
  bool is_written() const { return holds(x_); }
  bool is_untouched() const { return holds(T{}); }

 private:
  template <std::size_t count>
  static std::array<T, count> filled(const T& x) {
    std::array<T, count> all;
    all.fill(x);
    return all;
  }
  bool holds(const T& x) const {
    std::array<T, 40> found;
    array_.read(0, found);
    return found == filled<40>(x) && array_.get(0) == x && array_.get(39) == x;
  }

  T x_;
  mutable typename M::template Of<T> array_{std::size_t{40}};
};

template <class M, class... T>
void a_child_writes(const T&... x) {
  std::tuple<Forty<T, M>...> arrays(x...);
  run_process([&] {
    std::apply([](auto&... array) { (array.write(), ...); }, arrays);
    require(std::apply([](auto&... array) { return (array.is_written() && ...); }, arrays),
            "its own writes are lost");
  });
  const auto seen_rightly = [](const auto& array) {
    return M::about.isolated ? array.is_untouched() : array.is_written();
  };
  const auto each =
      std::apply([&](const auto&... array) { return std::vector<bool>{seen_rightly(array)...}; }, arrays);
  EXPECT_EQ(each, std::vector<bool>(sizeof...(T), true));
}

TYPED_TEST(SharedArray, carries_elements_of_every_type_from_child_to_parent) {
  a_child_writes<TypeParam>(std::int8_t{-3}, std::uint16_t{65000}, std::int32_t{-123456789}, 1.25F, 11.24,
                            std::int64_t{-(1LL << 60)}, Small{7, 0.5F});
  if constexpr (holds_big<TypeParam>) a_child_writes<TypeParam>(Big{1, 2, 3});
}

TYPED_TEST(SharedArray, holds_the_prefix_sums_that_a_child_computes) {
  std::vector<std::int64_t> given(1000);
  std::iota(given.begin(), given.end(), 1);
  typename TypeParam::template Of<std::int64_t> array(given);
  run_process([&] {
    for (std::size_t i = 1; i < array.size(); ++i) array.set(i, array.get(i) + array.get(i - 1));
  });
  std::vector<std::int64_t> sums(1000);
  std::partial_sum(given.begin(), given.end(), sums.begin());
  EXPECT_EQ(slice(array, 0, 1000), TypeParam::about.isolated ? given : sums);
}

TYPED_TEST(SharedArray, loses_no_update_of_an_element_that_it_promises_to_keep) {
  constexpr std::uint64_t each = 5000;
  typename TypeParam::template Of<std::uint64_t> array(std::size_t{3});
  run_processes(4, [&](int) {
    for (std::uint64_t i = 0; i < each; ++i) array.update(i % 3, [](std::uint64_t& x) { ++x; });
  });
  const std::uint64_t found = array.get(0) + array.get(1) + array.get(2);
  if (TypeParam::about.isolated)
    EXPECT_EQ(found, 0U);
  else if (TypeParam::about.loses_updates)
    EXPECT_LE(found, 4 * each);
  else
    EXPECT_EQ(found, 4 * each);
}

TYPED_TEST(SharedArray, guards_compound_steps_by_its_lock) {
  using Of = typename TypeParam::template Of<std::uint64_t>;
  if constexpr (!Locked<Of>) {
    GTEST_SKIP() << "has no lock over the whole";
  } else {
    constexpr std::uint64_t each = 3000;
    Of array(std::size_t{2});
    run_processes(4, [&](int) {
      for (std::uint64_t i = 0; i < each; ++i) {
        const auto hold = array.lock();
        const auto again = array.lock();
        array.set(0, array.get(0) + 1);
        require(array.get(1) + 1 == array.get(0), "somebody came between");
        array.set(1, array.get(0));
      }
    });
    EXPECT_EQ(array.get(0), 4 * each);
    EXPECT_EQ(array.get(1), 4 * each);
  }
}

TYPED_TEST(SharedArray, never_tears_a_slice_that_it_promises_whole) {
  if (TypeParam::about.tears || TypeParam::about.isolated)
    GTEST_SKIP() << "promises no whole slices to others";
  constexpr std::size_t size = 3000;
  constexpr std::uint32_t rounds = 2000;
  typename TypeParam::template Of<std::uint32_t> array(size);
  run_processes(3, [&](int index) {
    std::vector<std::uint32_t> buffer(size);
    for (std::uint32_t round = 1; round <= rounds; ++round) {
      if (index == 0) {
        std::fill(buffer.begin(), buffer.end(), round);
        array.write(0, buffer);
      } else {
        array.read(0, buffer);
        require(std::count(buffer.begin(), buffer.end(), buffer[0]) == size, "half of a write was read");
      }
    }
  });
}

TYPED_TEST(SharedArray, never_tears_an_element_that_it_promises_whole) {
  // Without any synchronisation, only what fits a machine word is whole.
  using Element =
      std::conditional_t<TypeParam::about.loses_updates || !holds_big<TypeParam>, std::uint64_t, Big>;
  const auto element = [](std::uint32_t x) {
    if constexpr (std::is_same_v<Element, Big>)
      return Big{x, x, x};
    else
      return std::uint64_t{x} << 32 | x;
  };
  typename TypeParam::template Of<Element> array(std::size_t{5});
  run_processes(3, [&](int index) {
    for (std::uint32_t round = 1; round <= 5000; ++round) {
      if (index == 0) {
        array.set(3, element(round));
      } else {
        const Element found = array.get(3);
        std::uint64_t first;
        std::memcpy(&first, &found, sizeof first);
        require(found == element(static_cast<std::uint32_t>(first)), "half of a write was read");
      }
    }
  });
}

TYPED_TEST(SharedArray, is_a_copy_per_process_exactly_if_it_says_so) {
  typename TypeParam::template Of<std::int32_t> array(std::vector<std::int32_t>{1, 2});
  test::Flag written;
  posix::Child child([&] {
    written.await("the parent's write");
    require(array.get(0) == (TypeParam::about.isolated ? 1 : 100), "sees what it should not");
  });
  array.set(0, 100);
  written.raise();
  ASSERT_TRUE(child.join(test::patience()));
  EXPECT_TRUE(child.ending().good());
}

}  // namespace
}  // namespace shmoo::array
