// Every array in the catalog holds what it was given, where it was put, and refuses what does not fit.
#include <algorithm>
#include <vector>

#include "array/mechanisms.hpp"

namespace shmoo::array {
namespace {

template <class M>
class EveryArray : public testing::Test {};
TYPED_TEST_SUITE(EveryArray, AllArrays, MechanismName);

TYPED_TEST(EveryArray, keeps_the_contract_as_a_type) {
  static_assert(Array<typename TypeParam::template Of<std::uint32_t>>);
  static_assert(Array<typename TypeParam::template Of<double>>);
  EXPECT_EQ(TypeParam::template refusal<std::uint32_t>(6), "");
}

TYPED_TEST(EveryArray, starts_as_zero_even_in_recycled_memory) {
  for (int round = 0; round < 4; ++round) {
    typename TypeParam::template Of<std::uint32_t> array(std::size_t{5000});
    ASSERT_EQ(array.size(), 5000U);
    EXPECT_EQ(slice(array, 0, 5000), std::vector<std::uint32_t>(5000));
    array.write(0, std::vector<std::uint32_t>(5000, ~0U));
  }
}

TYPED_TEST(EveryArray, starts_as_the_given_sequence) {
  const std::vector<std::int32_t> given{2, 3, 4, 5, 8, 19};
  typename TypeParam::template Of<std::int32_t> array(given);
  EXPECT_EQ(array.size(), 6U);
  EXPECT_EQ(slice(array, 0, 6), given);
  EXPECT_EQ(array.get(5), 19);
}

TYPED_TEST(EveryArray, may_be_empty) {
  typename TypeParam::template Of<std::int32_t> array(std::size_t{0});
  EXPECT_EQ(array.size(), 0U);
  EXPECT_TRUE(slice(array, 0, 0).empty());
  EXPECT_THROW(array.get(0), std::out_of_range);
}

TYPED_TEST(EveryArray, refuses_what_lies_beyond_the_end_and_writes_nothing) {
  const std::vector<std::int32_t> given{1, 2, 3, 4};
  typename TypeParam::template Of<std::int32_t> array(given);
  std::vector<std::int32_t> two{8, 9};
  EXPECT_THROW(array.get(4), std::out_of_range);
  EXPECT_THROW(array.set(4, 7), std::out_of_range);
  EXPECT_THROW(array.set(~std::size_t{0}, 7), std::out_of_range);
  EXPECT_THROW(array.update(4, [](std::int32_t& x) { x = 7; }), std::out_of_range);
  EXPECT_THROW(array.read(3, two), std::out_of_range);
  EXPECT_THROW(array.write(3, two), std::out_of_range);
  EXPECT_THROW(array.write(~std::size_t{0}, two), std::out_of_range);
  EXPECT_THROW(slice(array, 3, 5), std::out_of_range);
  EXPECT_THROW(slice(array, 3, 2), std::out_of_range);
  EXPECT_EQ(two, (std::vector<std::int32_t>{8, 9}));
  EXPECT_EQ(slice(array, 0, 4), given);
}

TYPED_TEST(EveryArray, refuses_a_slice_of_another_length_and_writes_nothing) {
  const std::vector<std::int32_t> given{1, 2, 3, 4};
  typename TypeParam::template Of<std::int32_t> array(given);
  EXPECT_THROW(assign(array, 0, 3, std::vector<std::int32_t>{7, 7}), std::length_error);
  EXPECT_THROW(assign(array, 0, 1, std::vector<std::int32_t>{7, 7}), std::length_error);
  EXPECT_THROW(assign(array, 2, 0, std::vector<std::int32_t>{}), std::length_error);
  EXPECT_EQ(slice(array, 0, 4), given);
  assign(array, 1, 3, std::vector<std::int32_t>{7, 8});
  EXPECT_EQ(slice(array, 0, 4), (std::vector<std::int32_t>{1, 7, 8, 4}));
}

TYPED_TEST(EveryArray, hands_out_slices_as_copies) {
  typename TypeParam::template Of<std::int32_t> array(std::vector<std::int32_t>{1, 2, 3});
  std::vector<std::int32_t> copy = slice(array, 0, 3);
  copy[0] = 100;
  EXPECT_EQ(array.get(0), 1);
  array.set(1, 200);
  EXPECT_EQ(copy[1], 2);
}

/// Wherever a slice begins and ends: in the middle of a word, of a stripe, at their edges.
template <class T, class M>
void slices_hit_exactly_their_elements() {
  constexpr std::size_t size = 700;
  std::vector<T> expected(size);
  typename M::template Of<T> array(size);
  std::uint64_t dice = 88172645463325252U;
  const auto roll = [&](std::size_t below) {
    dice ^= dice << 13, dice ^= dice >> 7, dice ^= dice << 17;
    return dice % below;
  };
  std::vector<T> buffer(size);
  for (int round = 0; round < 300; ++round) {
    const std::size_t first = roll(size + 1);
    const std::span<T> in(buffer.data(),
                          roll(std::min<std::size_t>(size - first, round % 2 ? 20 : size) + 1));
    for (T& x : in) x = static_cast<T>(roll(255));
    array.write(first, in);
    std::copy(in.begin(), in.end(), expected.data() + first);
    const std::size_t from = roll(size + 1);
    const std::span<T> out(buffer.data(), roll(size - from + 1));
    array.read(from, out);
    ASSERT_TRUE(std::equal(out.begin(), out.end(), expected.data() + from));
  }
  for (std::size_t i = 0; i < size; ++i) ASSERT_TRUE(array.get(i) == expected[i]);
}

TYPED_TEST(EveryArray, slices_hit_exactly_their_elements) {
  slices_hit_exactly_their_elements<std::uint8_t, TypeParam>();
  slices_hit_exactly_their_elements<std::uint32_t, TypeParam>();
}

}  // namespace
}  // namespace shmoo::array
