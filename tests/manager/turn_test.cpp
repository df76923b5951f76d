// One at a time, and nobody forgotten.
#include <gtest/gtest.h>

#include <thread>

#include "share/manager/turn.hpp"
#include "support/processes.hpp"

namespace shmoo::manager {
namespace {

TEST(Turn, who_leaves_word_is_called_when_the_turn_is_free) {
  Turn turn;
  std::vector<int> called;
  turn.lock();
  EXPECT_FALSE(turn.try_lock());
  EXPECT_FALSE(turn.lock_or([&] { called.push_back(1); }));
  EXPECT_FALSE(turn.lock_or([&] {
    EXPECT_TRUE(turn.try_lock()) << "it is free by then";
    called.push_back(2);
    turn.unlock();
  }));
  EXPECT_TRUE(called.empty());
  turn.unlock();
  EXPECT_EQ(called, (std::vector<int>{1, 2}));
  turn.lock();
  turn.unlock();
  EXPECT_EQ(called.size(), 2U) << "once";
}

TEST(Turn, a_free_one_is_taken_at_once_and_no_word_is_left) {
  Turn turn;
  EXPECT_TRUE(turn.lock_or([] { FAIL() << "it had the turn itself"; }));
  EXPECT_FALSE(turn.try_lock());
  turn.unlock();
  EXPECT_TRUE(turn.try_lock());
  turn.unlock();
}

TEST(Turn, excludes_those_who_wait_and_those_who_leave_word) {
  constexpr int each = 20'000;
  Turn turn;
  std::int64_t count = 0;  // guarded by the turn
  std::atomic<int> done = 0;
  const auto waiting = [&] {
    for (int i = 0; i < each; ++i) {
      turn.lock();
      ++count;
      turn.unlock();
    }
    ++done;
  };
  const auto leaving_word = [&] {
    for (int i = 0; i < each; ++i) {
      std::atomic<bool> free = false;
      while (!turn.try_lock() && !turn.lock_or([&] { free = true; })) {
        test::wait_until([&] { return free.load(); }, "a word that was left is passed on");
        free = false;
      }
      ++count;
      turn.unlock();
    }
    ++done;
  };
  {
    const std::jthread a(waiting);
    const std::jthread b(waiting);
    const std::jthread c(leaving_word);
    const std::jthread d(leaving_word);
  }
  EXPECT_EQ(done, 4);
  EXPECT_EQ(count, 4 * each);
}

}  // namespace
}  // namespace shmoo::manager
