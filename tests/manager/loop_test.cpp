// Loops without clients: letters, and the rest of all.
#include <gtest/gtest.h>

#include <thread>

#include "posix/server_process.hpp"
#include "share/manager/loop.hpp"
#include "support/processes.hpp"

namespace shmoo::manager {
namespace {

class Loops : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 3; ++i) loops.push_back(std::make_unique<Loop>(house));
    for (const auto& loop : loops) threads.emplace_back([&loop] { loop->run(); });
  }
  void TearDown() override { end(); }
  void end() {
    ending = true;
    for (const auto& loop : loops) loop->wake();
    threads.clear();
  }

  std::atomic<bool> ending = false;
  Calls calls{posix::own_pid(), [] {}};
  Sessions sessions{[](Session&) {}, [](const std::shared_ptr<Session>&) {}};
  Tidy tidy;
  Loop::House house{calls, sessions, tidy, ending, [] {}};
  std::vector<std::unique_ptr<Loop>> loops;
  std::vector<std::jthread> threads;
};

TEST_F(Loops, letters_are_run_once_on_the_loops_own_thread_in_order) {
  constexpr int letters = 10'000;
  std::array<std::vector<int>, 3> read;
  std::atomic<int> strangers = 0;
  std::atomic<int> count = 0;
  for (int k = 0; k < letters; ++k)
    for (std::size_t i = 0; i < loops.size(); ++i)
      loops[i]->post([&, i, k] {
        if (Loop::here() != loops[i].get()) ++strangers;
        read[i].push_back(k);
        ++count;
      });
  test::wait_until([&] { return count == 3 * letters; }, "all letters are read");
  end();
  EXPECT_EQ(strangers, 0);
  for (const auto& one : read)
    for (int k = 0; k < letters; ++k) ASSERT_EQ(one[static_cast<std::size_t>(k)], k);
}

TEST_F(Loops, while_all_rest_no_loop_works_whoever_asks_for_it) {
  constexpr int rounds = 300;
  std::int64_t guarded = 0;  // by the rest of all
  std::atomic<int> rests = 0;
  std::atomic<int> working = 0;
  std::atomic<int> disturbed = 0;
  const auto rest = [&] {
    while_all_rest(loops, [&] {
      if (working != 0) ++disturbed;
      ++guarded;
    });
    ++rests;
  };
  for (int k = 0; k < rounds; ++k)
    for (std::size_t i = 0; i < loops.size(); ++i) {
      loops[i]->post([&] {
        ++working;
        posix::yield();
        --working;
      });
      if (i != 2) loops[i]->post(rest);
    }
  for (int k = 0; k < rounds; ++k) rest();
  test::wait_until([&] { return rests == 3 * rounds; }, "all that asked for a rest got it");
  end();
  EXPECT_EQ(guarded, 3 * rounds);
  EXPECT_EQ(disturbed, 0);
}

}  // namespace
}  // namespace shmoo::manager
