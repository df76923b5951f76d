// What the feeder promises beyond the contract: put() does not wait for the pipe, and each process has its
// own.
#include "share/queue/feeder.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "queue/traffic.hpp"

namespace shmoo::queue {
namespace {

using namespace test;

TEST(Feeder, takes_more_than_the_pipe_holds_while_nobody_gets) {
  const Shape shape{.max_bytes = 64 << 10};
  FeederQueue queue(shape);
  for (unsigned i = 0; i < 64; ++i) ASSERT_EQ(queue.put(patterned(64 << 10, i), Deadline::now()), Put::ok);
  EXPECT_EQ(queue.size(), 64u);
  for (unsigned i = 0; i < 64; ++i) ASSERT_EQ(take(queue, shape), patterned(64 << 10, i));
  queue.flush();
}

TEST(Feeder, of_the_parent_stays_with_the_parent) {
  const Shape shape{.max_bytes = 64 << 10, .producers = 2};
  FeederQueue queue(shape);
  // The parent's feeder is in the middle of its work, and waits for the pipe.
  for (unsigned i = 0; i < 40; ++i) give(queue, labelled({0, i}, 64 << 10));
  posix::Child child([&] {
    for (unsigned i = 0; i < 40; ++i) give(queue, labelled({1, i}, 64 << 10));
    queue.flush();
  });
  std::uint32_t next[2] = {0, 0};
  for (int i = 0; i < 80; ++i) {
    const Label label = check_labelled(take(queue, shape));
    ASSERT_LT(label.producer, 2u);
    ASSERT_EQ(label.number, next[label.producer]++);
  }
  expect_good(child);
  EXPECT_EQ(queue.size(), 0u);
}

TEST(Feeder, flushes_in_its_destructor) {
  const Shape shape{.max_bytes = 64 << 10};
  run_process([&] {
    posix::Child getter;
    {
      FeederQueue queue(shape);
      getter = posix::Child([&] {
        for (unsigned i = 0; i < 40; ++i)
          require(take(queue, shape) == patterned(64 << 10, i), "a wrong item");
      });
      for (unsigned i = 0; i < 40; ++i) give(queue, patterned(64 << 10, i));
    }
    require(getter.join(patience()) && getter.ending().good(), "the getter missed something");
  });
}

TEST(Feeder, gives_up_in_its_destructor_when_nobody_can_read) {
  run_process([] {
    FeederQueue queue({.max_bytes = 64 << 10});
    for (unsigned i = 0; i < 40; ++i) give(queue, patterned(64 << 10, i));
  });
}

TEST(Feeder, throws_away_what_it_has_not_written_when_cancelled) {
  const Shape shape{.max_items = 50, .max_bytes = 64 << 10};
  FeederQueue queue(shape);
  for (unsigned i = 0; i < 50; ++i) give(queue, patterned(64 << 10, i));
  EXPECT_EQ(queue.put(patterned(1, 0), Deadline::now()), Put::full);
  queue.cancel();
  queue.flush();
  const std::size_t left = queue.size();
  EXPECT_LT(left, 40u);
  for (unsigned i = 0; i < left; ++i) ASSERT_EQ(take(queue, shape), patterned(64 << 10, i));
  Bytes buffer(shape.max_bytes);
  EXPECT_EQ(queue.get(buffer, Deadline::now()), Got{Got::empty});
  give(queue, patterned(7, 7));
  EXPECT_EQ(take(queue, shape), patterned(7, 7));
}

TEST(Feeder, gives_back_the_places_of_a_dead_process) {
  const Shape shape{.max_items = 50, .max_bytes = 64 << 10, .producers = 2};
  FeederQueue queue(shape);
  Flag full;
  posix::Child putter([&] {
    for (unsigned i = 0; i < 50; ++i) give(queue, patterned(64 << 10, i));
    full.raise();
    ::pause();
  });
  full.await("the queue is not full");
  EXPECT_EQ(queue.put(patterned(1, 0), Deadline::now()), Put::full);
  putter.kill();
  ASSERT_TRUE(putter.join(patience()));
  // 50 items of 64 KiB in a pipe of 1 MiB: most of them died with their process.
  for (unsigned i = 0; i < 20; ++i) ASSERT_EQ(queue.put(patterned(1, i), patience()), Put::ok);
}

TEST(Feeder, of_a_dead_process_does_not_keep_a_closed_queue_open) {
  const Shape shape{.max_items = 50, .max_bytes = 64 << 10};
  FeederQueue queue(shape);
  Flag put;
  posix::Child putter([&] {
    for (unsigned i = 0; i < 50; ++i) give(queue, patterned(64 << 10, i));
    put.raise();
    ::pause();
  });
  put.await("nothing is put");
  queue.close();
  putter.kill();
  ASSERT_TRUE(putter.join(patience()));
  Bytes buffer(shape.max_bytes);
  Got got{Got::ok};
  for (int i = 0; i < 51 && got.status == Got::ok; ++i) got = queue.get(buffer, patience());
  EXPECT_EQ(got, Got{Got::closed});
}

}  // namespace
}  // namespace shmoo::queue
