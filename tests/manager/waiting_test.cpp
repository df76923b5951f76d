// Calls that wait in the server: queues and locks. Waiting stops nobody else, and ends with the client that
// waits.
#include <gtest/gtest.h>

#include <thread>

#include "manager/transports.hpp"
#include "share/manager/manager.hpp"
#include "share/manager/pipeline.hpp"
#include "share/manager/proxies.hpp"
#include "support/processes.hpp"

namespace shmoo::manager {
namespace {

using posix::Deadline;
constexpr auto kSoon = std::chrono::milliseconds(20);

class Waiting : public OverEachTransport {
 protected:
  Manager manager{options()};
};
SHMOO_OVER_EACH_TRANSPORT(Waiting);

TEST_P(Waiting, a_queue_is_first_in_first_out_and_knows_its_size) {
  const Queue queue(manager);
  EXPECT_EQ(queue.size(), 0U);
  queue.put(1);
  queue.put({{"two", 2}});
  EXPECT_EQ(queue.size(), 2U);
  EXPECT_EQ(queue.get(), 1);
  EXPECT_EQ(queue.get(), json({{"two", 2}}));
  EXPECT_EQ(queue.size(), 0U);
}

TEST_P(Waiting, empty_and_full_are_told_at_once_or_at_the_time_out) {
  const Queue queue(manager, 2);
  EXPECT_THROW(queue.get(Deadline::now()), Empty);
  EXPECT_THROW(queue.get(Deadline::in(kSoon)), Empty);
  queue.put(1);
  queue.put(2);
  EXPECT_THROW(queue.put(3, Deadline::now()), Full);
  EXPECT_THROW(queue.put(3, Deadline::in(kSoon)), Full);
  EXPECT_THROW(queue.put_nowait(3), Full);
  EXPECT_TRUE(queue.full());
  EXPECT_EQ(queue.get(), 1);
  EXPECT_FALSE(queue.full());
  queue.put(3);
  EXPECT_EQ(queue.get(), 2);
  EXPECT_FALSE(queue.empty());
  EXPECT_EQ(queue.get<int>(), 3);
  EXPECT_TRUE(queue.empty());
  EXPECT_THROW(queue.get_nowait(), Empty);
}

TEST_P(Waiting, a_closed_queue_takes_nothing_and_is_drained) {
  const Queue queue(manager);
  queue.put(1);
  queue.close();
  EXPECT_THROW(queue.put(2), Closed);
  EXPECT_EQ(queue.get(), 1);
  EXPECT_THROW(queue.get(), Closed);
}

TEST_P(Waiting, a_get_that_waits_stops_nobody_and_gets_what_is_put_later) {
  const Queue queue(manager);
  const Queue answers(manager);
  const Dict dict(manager);
  posix::Child getter([&] { answers.put(queue.get()); });
  for (int i = 0; i < 100; ++i) dict.set("key", i);
  EXPECT_EQ(dict.get("key"), 99);
  queue.put("late");
  EXPECT_EQ(answers.get(test::patience()), "late");
  EXPECT_TRUE(getter.join(test::patience()));
}

TEST_P(Waiting, a_put_that_waits_gets_the_slot_that_a_get_frees) {
  const Queue queue(manager, 1);
  queue.put(1);
  posix::Child putter([&] { queue.put(2); });
  EXPECT_EQ(queue.get(test::patience()), 1);
  EXPECT_EQ(queue.get(test::patience()), 2);
  EXPECT_TRUE(putter.join(test::patience()));
  EXPECT_TRUE(putter.ending().good());
}

TEST_P(Waiting, closing_wakes_all_who_wait) {
  const Queue empty(manager);
  const Queue full(manager, 1);
  const Queue ready(manager);
  full.put(1);
  posix::Child getter([&] {
    ready.put("getter");
    EXPECT_THROW(empty.get(), Closed);
    test::require(!testing::Test::HasFailure(), "a get was not told");
  });
  posix::Child putter([&] {
    ready.put("putter");
    EXPECT_THROW(full.put(2), Closed);
    test::require(!testing::Test::HasFailure(), "a put was not told");
  });
  ready.get(test::patience());
  ready.get(test::patience());
  empty.close();
  full.close();
  for (posix::Child* child : {&getter, &putter}) {
    ASSERT_TRUE(child->join(test::patience()));
    EXPECT_TRUE(child->ending().good());
  }
  EXPECT_EQ(full.size(), 1U) << "the put that was refused left nothing behind";
}

TEST_P(Waiting, items_pass_exactly_once_between_many_processes) {
  constexpr int producers = 4;
  constexpr int consumers = 4;
  constexpr int each = 500;
  const Queue queue(manager, 10);
  const Value sum(manager, 0);
  const Value got(manager, 0);
  test::run_processes(producers + consumers, [&](int i) {
    if (i < producers) {
      for (int k = 0; k < each; ++k) queue.put(json::array({i, k}));
      return;
    }
    std::array<int, producers> last;
    last.fill(-1);
    for (int k = 0; k < producers * each / consumers; ++k) {
      const json item = queue.get();
      int& before = last[item[0].get<std::size_t>()];
      test::require(item[1].get<int>() > before, "a producer's items came out of order");
      before = item[1].get<int>();
      sum.add(item[1]);
      got.add(1);
    }
  });
  EXPECT_EQ(got.get(), producers * each);
  EXPECT_EQ(sum.get(), producers * (each * (each - 1) / 2));
  EXPECT_EQ(queue.size(), 0U);
}

TEST_P(Waiting, a_getter_that_is_killed_while_it_waits_takes_nothing_with_it) {
  const Queue queue(manager);
  const Queue ready(manager);
  posix::Child getter([&] {
    Pipeline pipeline(manager);
    pipeline.add(queue.reference(), Method::get, -1);
    pipeline.add(ready.reference(), Method::put, "waits", -1);
    pipeline.send();
    pipeline.take(0);
  });
  EXPECT_EQ(ready.get(test::patience()), "waits");
  getter.kill();
  ASSERT_TRUE(getter.join(test::patience()));
  // The server hears of the death before or after this put; only one that came before the put may cost the
  // item.
  const std::size_t mine = manager.objects();
  EXPECT_EQ(mine, 2U);
  test::wait_until(
      [&] {
        queue.put("kept");
        try {
          return queue.get(Deadline::now()) == "kept";
        } catch (const Empty&) {
          return false;
        }
      },
      "the server forgets the dead getter");
}

TEST_P(Waiting, a_lock_excludes_and_is_recursive) {
  const Lock lock(manager);
  const List list(manager);
  test::run_processes(4, [&](int) {
    for (int k = 0; k < 50; ++k) {
      test::require(lock.acquire() && lock.acquire(), "a holder takes its lock again");
      const auto size = list.size();
      list.append(size);
      lock.release();
      lock.release();
    }
  });
  for (std::size_t i = 0; i < 200; ++i) EXPECT_EQ(list.get(static_cast<std::int64_t>(i)), i);
  EXPECT_THROW(lock.release(), ValueError);
}

TEST_P(Waiting, a_lock_that_is_held_times_out_for_others) {
  const Lock lock(manager);
  ASSERT_TRUE(lock.acquire());
  test::run_process([&] {
    test::require(!lock.acquire(Deadline::now()), "a held lock was taken");
    test::require(!lock.acquire(Deadline::in(kSoon)), "a held lock was taken");
    EXPECT_THROW(lock.release(), ValueError);
  });
  lock.release();
  test::run_process([&] { test::require(lock.acquire(Deadline::now()), "a free lock was not taken"); });
}

TEST_P(Waiting, a_lock_whose_holder_is_killed_goes_to_the_next) {
  const Lock lock(manager);
  test::Flag held;
  posix::Child holder([&] {
    lock.acquire();
    held.raise();
    posix::Child waiting([] { posix::nap(std::chrono::hours(1)); });  // keeps a copy of the holder's socket
    waiting.join();
  });
  held.await("the holder has the lock");
  posix::Child next([&] { test::require(lock.acquire(test::patience()), "the lock was not given back"); });
  EXPECT_FALSE(lock.acquire(Deadline::now()));
  holder.kill();
  ASSERT_TRUE(next.join(test::patience()));
  EXPECT_TRUE(next.ending().good());
  EXPECT_TRUE(lock.acquire(test::patience()));
}

TEST_P(Waiting, a_lock_whose_holding_thread_ends_goes_to_the_next) {
  const Lock lock(manager);
  std::thread([&] { lock.acquire(); }).join();
  std::thread([&] { EXPECT_TRUE(lock.acquire(test::patience())); }).join();
  EXPECT_TRUE(lock.acquire(test::patience()));
}

TEST_P(Waiting, pipelined_calls_are_carried_out_in_order_and_those_that_wait_are_overtaken) {
  const List list(manager);
  const Queue queue(manager);
  Pipeline pipeline(manager);
  const auto first = pipeline.add(queue.reference(), Method::get, -1);
  std::vector<std::size_t> appends;
  for (int i = 0; i < 1000; ++i) appends.push_back(pipeline.add(list.reference(), Method::append, i));
  const auto wrong = pipeline.add(list.reference(), Method::getitem, 5000);
  const auto put_later = pipeline.add(queue.reference(), Method::put, "own", -1);
  pipeline.send();
  EXPECT_THROW(pipeline.take(wrong), IndexError);
  EXPECT_EQ(pipeline.take(put_later), nullptr);
  EXPECT_EQ(pipeline.take(first), "own");
  for (const auto append : appends) EXPECT_EQ(pipeline.take(append), nullptr);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(list.get(i), i);
}

TEST_P(Waiting, a_call_that_waits_in_an_object_that_goes_is_told) {
  Pipeline pipeline(manager);
  std::size_t waits = 0;
  {
    const Queue queue(manager);
    waits = pipeline.add(queue.reference(), Method::get, -1);
  }
  EXPECT_THROW(pipeline.take(waits), ReferenceError);
}

TEST_P(Waiting, a_pipeline_that_is_given_up_neither_waits_nor_leaves_answers_to_others) {
  const Queue queue(manager);
  const List list(manager);
  {
    Pipeline given_up(manager);
    given_up.add(queue.reference(), Method::get, -1);
    const auto taken = given_up.add(list.reference(), Method::append, "sent");
    given_up.send();
    given_up.take(taken);
    given_up.add(list.reference(), Method::append, "with the next call");
  }
  EXPECT_EQ(list.copy(), json({"sent", "with the next call"}));
  queue.put("to the call that waited");
  EXPECT_EQ(queue.size(), 0U);
  EXPECT_EQ(list.size(), 2U);
}

TEST_P(Waiting, a_pipeline_larger_than_all_buffers_neither_blocks_nor_loses) {
  const Dict dict(manager);
  dict.set("large", std::string(100'000, 'x'));
  Pipeline pipeline(manager);
  std::vector<std::size_t> calls;
  for (int i = 0; i < 200; ++i) {
    calls.push_back(pipeline.add(dict.reference(), Method::getitem, "large"));
    calls.push_back(pipeline.add(dict.reference(), Method::setitem, "large",
                                 std::string_view(std::string(100'000, 'y'))));
  }
  pipeline.send();
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const json answer = pipeline.take(calls[i]);
    if (i % 2 == 0) {
      ASSERT_EQ(answer.get<std::string>().size(), 100'000U);
    }
  }
}

}  // namespace
}  // namespace shmoo::manager
