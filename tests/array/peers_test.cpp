// Arrays whose users die in the middle of a call, and arrays used by threads.
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "array/mechanisms.hpp"
#include "support/processes.hpp"

namespace shmoo::array {
namespace {

using posix::Child;
using test::run_process;

// Mechanisms whose peers go on when a process dies in the middle of a call.
template <class M>
class SurvivingArray : public testing::Test {};
using Surviving = testing::Types<Raw, Robust, Atomic>;
TYPED_TEST_SUITE(SurvivingArray, Surviving, MechanismName);

TYPED_TEST(SurvivingArray, goes_on_after_a_writer_was_killed_at_any_moment) {
  constexpr std::size_t size = 20000;
  typename TypeParam::template Of<std::uint32_t> array(size);
  const posix::Shared<std::atomic<std::uint64_t>> written(0, 0);
  for (std::uint32_t round = 0; round < 20; ++round) {
    const std::uint64_t before = written->load();
    Child writer([&] {
      std::vector<std::uint32_t> mine(size, round);
      for (;;) {
        array.write(0, mine);
        written->fetch_add(1);
      }
    });
    test::wait_until([&] { return written->load() > before + round % 7; }, "slices written");
    writer.kill();
    ASSERT_TRUE(writer.join(test::patience()));
    array.set(0, ~0U);
    const std::vector<std::uint32_t> found = slice(array, 0, size);
    EXPECT_EQ(found[0], ~0U);
    for (std::size_t i = 1; i < size; ++i) ASSERT_LE(found[i], round);
  }
}

TEST(RobustArray, tells_the_next_owner_that_the_one_before_died_inside) {
  Robust::Of<std::uint32_t> array(std::size_t{4});
  EXPECT_EQ(array.inheritances(), 0U);
  run_process([&] {
    const auto hold = array.lock();
    array.set(0, 1);
    ::_exit(0);  // without giving the lock back
  });
  {
    const auto hold = array.lock();
    EXPECT_TRUE(hold.inherited());
    EXPECT_EQ(array.get(0), 1U);
  }
  EXPECT_EQ(array.inheritances(), 1U);
  EXPECT_FALSE(array.lock().inherited());
}

// The same calls by threads, for the sanitizer that watches threads.
template <class M>
class ThreadedArray : public testing::Test {};
using Threaded = testing::Types<Mutex, Robust, Futex, Atomic, Striped>;
TYPED_TEST_SUITE(ThreadedArray, Threaded, MechanismName);

TYPED_TEST(ThreadedArray, is_free_of_data_races) {
  constexpr std::size_t size = 300;
  typename TypeParam::template Of<std::uint32_t> array(size);
  std::vector<std::thread> threads;
  for (std::uint32_t index = 0; index < 4; ++index)
    threads.emplace_back([&array, index] {
      std::vector<std::uint32_t> buffer(size - 1);
      for (std::uint32_t i = 0; i < 500; ++i) {
        array.update(0, [](std::uint32_t& x) { ++x; });
        array.set(1 + (i + index) % (size - 1), i);
        array.read(1, buffer);
        array.write(1, buffer);
        static_cast<void>(array.get(size - 1));
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(array.get(0), 4U * 500U);
}

}  // namespace
}  // namespace shmoo::array
