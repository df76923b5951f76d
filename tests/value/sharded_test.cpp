// The sharded counter beyond the contract of all: more processes than slots, and threads that share one.
#include "share/value/sharded.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "support/processes.hpp"

namespace shmoo::value {
namespace {

static_assert(!Value<ShardedCounter<long>>, "a sum of parts cannot be set");

TEST(ShardedCounter, more_processes_than_slots_lose_nothing) {
  ShardedCounter<long> counter(100);
  const int procs = static_cast<int>(ShardedCounter<long>::slots) + 20;
  test::Flag go;
  posix::Shared<std::atomic<int>> ready{0, 0};
  std::vector<posix::Child> children;
  for (int i = 0; i < procs; ++i)
    children.emplace_back([&] {
      ++*ready;
      go.await("the start");
      for (int added = 0; added < 500; ++added) counter.add(2);
    });
  test::wait_until([&] { return ready->load() == procs; }, "all processes");
  go.raise();
  for (auto& child : children) {
    ASSERT_TRUE(child.join(test::patience()));
    EXPECT_TRUE(child.ending().good());
  }
  EXPECT_EQ(counter.get(), 100 + 2L * procs * 500);
}

TEST(ShardedCounter, threads_of_one_process_lose_nothing) {
  ShardedCounter<int> counter;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&] {
      for (int added = 0; added < 5000; ++added) counter.add(1);
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(counter.get(), 15000);
}

TEST(ShardedCounter, a_grandchild_counts_too) {
  ShardedCounter<int> counter;
  counter.add(1);
  test::run_process([&] {
    counter.add(10);
    test::run_process([&] { counter.add(100); });
    counter.add(10);
  });
  EXPECT_EQ(counter.get(), 121);
}

TEST(ShardedCounter, sums_of_small_and_negative_parts_wrap_like_one_number) {
  ShardedCounter<std::int8_t> counter(100);
  counter.add(100);
  test::run_process([&] { counter.add(-90); });
  EXPECT_EQ(counter.get(), 110);
}

}  // namespace
}  // namespace shmoo::value
