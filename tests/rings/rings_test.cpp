// Facts about every ring, beyond the contract: laps, exact bounds, sleeping and waking.
#include <gmock/gmock.h>

#include <atomic>
#include <memory>
#include <thread>

#include "rings/ring_support.hpp"

namespace shmoo::queue::test {
namespace {

template <class Q>
class Ring : public testing::Test {};
using Rings = testing::Types<LockedRingQueue, SpscRingQueue, MpmcRingQueue>;
TYPED_TEST_SUITE(Ring, Rings);

Bytes numbered(std::uint64_t number) {
  return item(number, 8 + number % 57);
}

TYPED_TEST(Ring, many_laps_keep_order_and_content) {
  for (const std::size_t bound : {1u, 2u, 3u, 7u, 8u, 13u}) {
    TypeParam queue({.max_items = bound, .max_bytes = 300});
    std::uint64_t put = 0;
    std::uint64_t got = 0;
    for (std::size_t lap = 0; lap < 300; ++lap) {
      while (queue.size() < bound - lap % bound) {
        must_put(queue, item(put, put * 37 % 301));
        ++put;
      }
      while (queue.size() > lap % 2) {
        ASSERT_EQ(must_get(queue, 300), item(got, got * 37 % 301));
        ++got;
      }
    }
    while (got < put) {
      ASSERT_EQ(must_get(queue, 300), item(got, got * 37 % 301));
      ++got;
    }
    EXPECT_EQ(queue.size(), 0u);
  }
}

TYPED_TEST(Ring, holds_exactly_max_items_on_every_lap) {
  for (const std::size_t bound : {1, 2, 3, 5, 8, 100}) {
    TypeParam queue({.max_items = bound, .max_bytes = 24});
    for (std::size_t lap = 0; lap < 4; ++lap) {
      for (std::size_t i = 0; i < bound; ++i) {
        EXPECT_EQ(queue.size(), i);
        ASSERT_EQ(queue.put(item(i, 24), Deadline::now()), Put::ok);
      }
      EXPECT_EQ(queue.put(item(0, 1), Deadline::now()), Put::full);
      EXPECT_EQ(queue.put(item(0, 1), Deadline::in(std::chrono::milliseconds(2))), Put::full);
      // One out, one in: room is known at once, however seldom it is told.
      ASSERT_EQ(must_get(queue, 24), item(0, 24));
      ASSERT_EQ(queue.put(item(bound, 24), Deadline::now()), Put::ok);
      EXPECT_EQ(queue.put(item(0, 1), Deadline::now()), Put::full);
      for (std::size_t i = 1; i <= bound; ++i) ASSERT_EQ(must_get(queue, 24), item(i, 24));
      Bytes buffer(24);
      EXPECT_EQ(queue.get(buffer, Deadline::now()), Got{Got::empty});
    }
  }
}

TYPED_TEST(Ring, without_a_bound_of_the_caller_it_holds_at_least_8_of_the_longest) {
  for (const std::size_t bytes : {std::size_t{8}, std::size_t{100'000}, std::size_t{1} << 20}) {
    TypeParam queue({.max_bytes = bytes});
    for (std::uint64_t i = 0; i < 8; ++i) ASSERT_EQ(queue.put(item(i, bytes), Deadline::now()), Put::ok);
    for (std::uint64_t i = 0; i < 8; ++i) ASSERT_EQ(must_get(queue, bytes), item(i, bytes));
  }
}

/// One number there and back by two processes, `rounds` times, or as often as there is time for on a machine
/// that has other work: a switch of processes costs microseconds or a time slice.
template <class Q>
void ping_pong(int rounds) {
  constexpr auto kEnough = std::chrono::seconds(10);
  const Shape shape{.max_items = 1, .max_bytes = 8};
  Q ping(shape);
  Q pong(shape);
  posix::Child echo([&] {
    Bytes number(8);
    while (ping.get(number, soon()).status == Got::ok) must_put(pong, number);
  });
  const Deadline enough = Deadline::in(kEnough);
  for (int i = 0; i < rounds && !enough.passed(); ++i) {
    const Bytes sent = item(static_cast<std::uint64_t>(i), 8);
    must_put(ping, sent);
    ASSERT_EQ(must_get(pong, 8), sent);
  }
  ping.close();
  expect_good_end(echo);
}

TYPED_TEST(Ring, no_wake_up_is_lost_in_round_trips_of_peers_without_patience) {
  const WithPatience none(0);
  ping_pong<TypeParam>(100'000);
}

TYPED_TEST(Ring, no_wake_up_is_lost_when_patience_ends_about_when_the_answer_comes) {
  const WithPatience little(20);
  ping_pong<TypeParam>(20'000);
}

TYPED_TEST(Ring, round_trips_of_peers_with_much_patience) {
  const WithPatience much(sync::spins_for(50'000));
  ping_pong<TypeParam>(2'000);
}

TYPED_TEST(Ring, a_stream_through_a_narrow_ring_loses_nothing_when_both_sides_sleep) {
  for (const std::uint32_t spins : {0u, 30u}) {
    const WithPatience patience(spins);
    constexpr std::uint64_t count = 50'000;
    TypeParam queue({.max_items = 3, .max_bytes = 64});
    posix::Child producer([&] {
      for (std::uint64_t i = 0; i < count; ++i) must_put(queue, numbered(i));
    });
    for (std::uint64_t i = 0; i < count; ++i) ASSERT_EQ(must_get(queue, 64), numbered(i));
    expect_good_end(producer);
  }
}

TYPED_TEST(Ring, a_put_wakes_a_sleeping_consumer) {
  TypeParam queue({.max_bytes = 8});
  posix::Child consumer([&] { demand(must_get(queue, 8) == item(7, 8), "wrong item"); });
  await_state(consumer.pid(), 'S');
  must_put(queue, item(7, 8));
  expect_good_end(consumer);
}

TYPED_TEST(Ring, a_get_wakes_a_sleeping_producer) {
  TypeParam queue({.max_items = 1, .max_bytes = 8});
  must_put(queue, item(1, 8));
  posix::Child producer([&] { must_put(queue, item(2, 8)); });
  await_state(producer.pid(), 'S');
  EXPECT_EQ(must_get(queue, 8), item(1, 8));
  EXPECT_EQ(must_get(queue, 8), item(2, 8));
  expect_good_end(producer);
}

TYPED_TEST(Ring, close_wakes_a_sleeping_consumer) {
  TypeParam queue({.max_bytes = 8});
  posix::Child consumer([&] {
    Bytes buffer(8);
    demand(queue.get(buffer, Deadline::never()).status == Got::closed, "not closed");
  });
  await_state(consumer.pid(), 'S');
  queue.close();
  expect_good_end(consumer);
}

TYPED_TEST(Ring, close_wakes_a_sleeping_producer_and_what_was_put_is_drained) {
  TypeParam queue({.max_items = 1, .max_bytes = 8});
  must_put(queue, item(1, 8));
  posix::Child producer(
      [&] { demand(queue.put(item(2, 8), Deadline::never()) == Put::closed, "not closed"); });
  await_state(producer.pid(), 'S');
  queue.close();
  expect_good_end(producer);
  EXPECT_EQ(must_get(queue, 8), item(1, 8));
  Bytes buffer(8);
  EXPECT_EQ(queue.get(buffer, Deadline::now()), Got{Got::closed});
}

TYPED_TEST(Ring, an_item_that_was_put_is_never_behind_the_end) {
  // close() at a random moment of a stream: every put that said ok is got before `closed` is.
  for (int round = 0; round < 200; ++round) {
    TypeParam queue({.max_items = 4, .max_bytes = 8});
    std::uint64_t put = 0;
    std::uint64_t got = 0;
    std::thread producer([&] {
      while (queue.put(item(put, 8), soon()) == Put::ok) ++put;
    });
    std::thread closer([&] {
      for (int i = 0; i < round; ++i) posix::yield();
      queue.close();
    });
    Bytes buffer(8);
    while (queue.get(buffer, soon()).status == Got::ok) {
      EXPECT_EQ(buffer, item(got, 8));
      ++got;
    }
    producer.join();
    closer.join();
    ASSERT_EQ(got, put);
    EXPECT_EQ(queue.get(buffer, Deadline::now()), Got{Got::closed});
  }
}

template <class Q>
class CrowdedRing : public testing::Test {};
using CrowdedRings = testing::Types<LockedRingQueue, MpmcRingQueue>;
TYPED_TEST_SUITE(CrowdedRing, CrowdedRings);

struct Tagged {
  std::uint32_t producer;
  std::uint32_t number;
};

/// Three producers and three consumers, which `run` runs at the same time: each item once, each producer's in
/// order.
template <class Q, class Run>
void crowd(std::size_t bound, std::uint32_t count, Run run) {
  constexpr std::uint32_t sides = 3;
  Q queue({.max_items = bound, .max_bytes = sizeof(Tagged), .producers = sides, .consumers = sides});
  posix::Shared<std::atomic<std::uint64_t>> sum(0, 0);
  posix::Shared<std::atomic<std::uint32_t>> finished(0, 0);
  const auto produce = [&](std::uint32_t me) {
    for (std::uint32_t i = 1; i <= count; ++i) {
      const Tagged tagged{me, i};
      demand(queue.put(std::as_bytes(std::span(&tagged, 1)), soon()) == Put::ok, "a put did not succeed");
    }
    if (finished->fetch_add(1) + 1 == sides) queue.close();
  };
  const auto consume = [&] {
    std::uint32_t last[sides] = {};
    Tagged tagged;
    for (;;) {
      const Got got = queue.get(std::as_writable_bytes(std::span(&tagged, 1)), soon());
      if (got.status == Got::closed) return;
      demand(got.status == Got::ok && got.bytes == sizeof tagged, "a get did not succeed");
      demand(tagged.number > last[tagged.producer], "one producer's items were got out of order");
      last[tagged.producer] = tagged.number;
      sum->fetch_add(tagged.number);
    }
  };
  run(sides, produce, consume);
  EXPECT_EQ(sum->load(), sides * (std::uint64_t{count} * (count + 1) / 2));
  EXPECT_EQ(queue.size(), 0u);
}

TYPED_TEST(CrowdedRing, processes_get_each_item_once_and_in_order) {
  for (const std::size_t bound : {1, 5, 64})
    crowd<TypeParam>(bound, 5'000, [](std::uint32_t sides, auto& produce, auto& consume) {
      std::vector<posix::Child> children;
      for (std::uint32_t i = 0; i < sides; ++i) {
        children.emplace_back([&, i] { produce(i); });
        children.emplace_back([&] { consume(); });
      }
      for (posix::Child& child : children) expect_good_end(child);
    });
}

TYPED_TEST(CrowdedRing, threads_get_each_item_once_and_in_order) {
  for (const std::size_t bound : {2, 64})
    crowd<TypeParam>(bound, 5'000, [](std::uint32_t sides, auto& produce, auto& consume) {
      std::vector<std::thread> threads;
      for (std::uint32_t i = 0; i < sides; ++i) {
        threads.emplace_back([&, i] { produce(i); });
        threads.emplace_back([&] { consume(); });
      }
      for (std::thread& thread : threads) thread.join();
    });
}

TEST(SpscRing, refuses_a_second_producer_or_consumer_with_the_reason) {
  EXPECT_EQ(SpscRing::refusal({}), "");
  EXPECT_THAT(SpscRing::refusal({.producers = 2}), testing::HasSubstr("one producer only"));
  EXPECT_THAT(SpscRing::refusal({.consumers = 2}), testing::HasSubstr("one consumer only"));
}

TEST(MpmcRing, refuses_more_processes_than_it_has_records_for_claims) {
  EXPECT_EQ(MpmcRing::refusal({.producers = 128, .consumers = 128}), "");
  EXPECT_THAT(MpmcRing::refusal({.producers = 128, .consumers = 129}),
              testing::HasSubstr("at most 256 processes"));
}

TEST(MpmcRing, twenty_queues_used_in_turn_by_one_thread_keep_their_claims_apart) {
  // More boards than a thread remembers, so that records are searched for again and again.
  std::vector<std::unique_ptr<MpmcRingQueue>> queues;
  for (int i = 0; i < 20; ++i)
    queues.push_back(std::make_unique<MpmcRingQueue>(Shape{.max_items = 2, .max_bytes = 8}));
  for (std::uint64_t i = 0; i < 200; ++i) {
    for (auto& queue : queues) must_put(*queue, item(i, 8));
    for (auto& queue : queues) ASSERT_EQ(must_get(*queue, 8), item(i, 8));
  }
}

}  // namespace
}  // namespace shmoo::queue::test
