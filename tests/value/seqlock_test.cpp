// The seqlock's promise about death, instruction by instruction, for both of its layouts.
#include "share/value/seqlock.hpp"

#include <gtest/gtest.h>

#include <array>

#include "support/processes.hpp"
#include "support/stepped.hpp"

namespace shmoo::value {
namespace {

template <std::size_t words>
using Numbers = std::array<std::uint64_t, words>;

template <std::size_t words>
Numbers<words> all(std::uint64_t number) {
  Numbers<words> numbers;
  numbers.fill(number);
  return numbers;
}

template <class Layout>
class SeqlockDeath : public testing::Test {
 protected:
  void SetUp() override {
    if (test::kThreadSanitizer) GTEST_SKIP() << "the sanitizer makes many instructions of one";
  }
};

using Layouts = testing::Types<std::integral_constant<std::size_t, 1>, std::integral_constant<std::size_t, 7>,
                               std::integral_constant<std::size_t, 8>>;
struct Names {
  template <class Layout>
  static std::string GetName(int) {
    return std::to_string(Layout::value * 8) + "_bytes";
  }
};
TYPED_TEST_SUITE(SeqlockDeath, Layouts, Names);

TYPED_TEST(SeqlockDeath, at_each_instruction_of_a_write_readers_have_the_value_before_or_after) {
  constexpr auto words = TypeParam::value;
  SeqlockValue<Numbers<words>> value(all<words>(1));
  value.set(all<words>(1));
  test::Stepped writer([&] { value.set(all<words>(2)); });
  bool after = false;
  while (writer.step()) {
    const auto seen = value.get();  // the writer stands still: whoever waited for it would hang here
    ASSERT_TRUE(seen == all<words>(1) || seen == all<words>(2)) << "half a write";
    ASSERT_FALSE(after && seen == all<words>(1)) << "back to the value before";
    after = seen == all<words>(2);
  }
  EXPECT_TRUE(after);
}

TYPED_TEST(SeqlockDeath, two_writers_dying_one_after_the_other_at_any_instruction_leave_a_whole_value) {
  // Without the lock, so that every step counts: it is free again after each death, see the conformance
  // tests.
  constexpr auto words = TypeParam::value;
  using Cells = posix::Shared<detail::SeqlockCells<Numbers<words>>>;
  const auto writer = [](Cells& cells, std::uint64_t number) {
    return test::Stepped([&cells, number] { cells->publish(all<words>(number)); });
  };
  Cells counted(0, all<words>(1));
  const int steps = writer(counted, 2).run_to_end();
  const int stride = 1 + steps / 20;
  for (int first = 0; first <= steps; first += stride)
    for (int second = 0; second <= steps + stride; second += stride) {
      Cells cells(0, all<words>(1));
      writer(cells, 2).step(first);
      const auto between = cells->read();
      ASSERT_TRUE(between == all<words>(1) || between == all<words>(2));
      writer(cells, 3).step(second);
      const auto left = cells->read();
      ASSERT_TRUE(left == between || left == all<words>(3))
          << "after deaths at " << first << " and " << second << " of " << steps << " instructions";
      cells->publish(all<words>(4));
      ASSERT_EQ(cells->read(), all<words>(4));
    }
}

}  // namespace
}  // namespace shmoo::value
