// What a process that is killed in the middle of a put or get costs the others: each header's word is tested
// by killing at moments that nobody chose, many times.
#include <gtest/gtest.h>

#include <algorithm>

#include "queue/traffic.hpp"
#include "share/queue/feeder.hpp"
#include "share/queue/pipe.hpp"
#include "share/queue/posix_mq.hpp"
#include "share/queue/seqpacket.hpp"
#include "share/queue/socket_stream.hpp"

namespace shmoo::queue {
namespace {

using namespace test;

/// The mechanisms that say: a death costs at most the item in hand.
template <class M>
class QueueDeath : public ::testing::Test {};
struct Names {
  template <class M>
  static std::string GetName(int) {
    return std::string(M::about.name);
  }
};
using Mechanisms = ::testing::Types<Pipe, Feeder, SocketStream, Seqpacket, PosixMq>;
TYPED_TEST_SUITE(QueueDeath, Mechanisms, Names);

constexpr int kKills = 40;

/// The longest items that the mechanism takes, up to `bytes`.
template <class M>
Shape shape_up_to(std::size_t bytes) {
  Shape shape{.max_bytes = bytes, .producers = 4, .consumers = 4};
  while (!M::refusal(shape).empty()) shape.max_bytes /= 2;
  return shape;
}

std::size_t some_length(std::uint32_t number, const Shape& shape) {
  return 8 + number * 7919 % (shape.max_bytes - 7);
}

/// Gets items until the end and counts them.
template <class Q>
void consume(Q& queue, const Shape& shape, Tally& tally, std::atomic<std::uint32_t>& total) {
  Bytes buffer(shape.max_bytes);
  for (;;) {
    const Got got = queue.get(buffer, patience());
    if (got.status == Got::closed) return;
    require(got.status == Got::ok, "no item came");
    tally.count(check_labelled(std::span(buffer).first(got.bytes)));
    total.fetch_add(1);
  }
}

template <class M>
void kill_getters(std::size_t bytes, std::uint32_t items) {
  const Shape shape = shape_up_to<M>(bytes);
  typename M::Type queue(shape);
  Tally tally(2, items);
  posix::Shared<std::atomic<std::uint32_t>> total(0, 0u);
  std::vector<posix::Child> getters;
  const auto hire = [&] { return posix::Child([&] { consume(queue, shape, tally, *total); }); };
  for (int i = 0; i < 3; ++i) getters.push_back(hire());
  std::vector<posix::Child> producers;
  for (std::uint32_t p = 0; p < 2; ++p)
    producers.emplace_back([&, p] {
      for (std::uint32_t i = 0; i < items; ++i) give(queue, labelled({p, i}, some_length(i, shape)));
      queue.flush();
    });
  for (std::uint32_t kill = 0; kill < kKills; ++kill) {
    // Spread over the run by the progress that it makes.
    const std::uint32_t due = 2 * items * (kill + 1) / (kKills + 2);
    wait_until([&] { return total->load() + kKills >= due; }, "the others hang after a death");
    auto& getter = getters[kill % getters.size()];
    getter.kill();
    ASSERT_TRUE(getter.join(patience()));
    getter = hire();
  }
  for (auto& producer : producers) expect_good(producer);
  queue.close();
  for (auto& getter : getters) expect_good(getter);
  int lost = 0;
  for (std::uint32_t p = 0; p < 2; ++p)
    for (std::uint32_t i = 0; i < items; ++i) {
      EXPECT_LE(tally.times({p, i}), 1u);
      lost += tally.times({p, i}) == 0;
    }
  EXPECT_LE(lost, kKills);
}

TYPED_TEST(QueueDeath, of_a_getter_costs_at_most_its_short_item) {
  kill_getters<TypeParam>(200, 6000);
}
TYPED_TEST(QueueDeath, of_a_getter_costs_at_most_its_long_item) {
  kill_getters<TypeParam>(20'000, 2000);
}
TYPED_TEST(QueueDeath, of_a_getter_costs_at_most_its_very_long_item) {
  kill_getters<TypeParam>(200'000, 300);
}

template <class M>
void kill_putters(std::size_t bytes, std::uint32_t items) {
  const Shape shape = shape_up_to<M>(bytes);
  typename M::Type queue(shape);
  constexpr std::uint32_t putters = kKills + 3;
  Tally tally(putters, items);
  posix::Shared<std::atomic<std::uint32_t>> total(0, 0u);
  posix::Child getter([&] { consume(queue, shape, tally, *total); });
  const auto hire = [&](std::uint32_t p) {
    return posix::Child([&, p] {
      for (std::uint32_t i = 0; i < items; ++i) give(queue, labelled({p, i}, some_length(i, shape)));
      queue.flush();
    });
  };
  std::vector<posix::Child> team;
  for (std::uint32_t p = 0; p < 3; ++p) team.push_back(hire(p));
  for (std::uint32_t kill = 0; kill < kKills; ++kill) {
    const std::uint32_t before = total->load();
    const auto done = [&] {
      return std::none_of(team.begin(), team.end(), [](auto& p) { return p.alive(); });
    };
    wait_until([&] { return total->load() > before + kill % 7 || done(); }, "the others hang after a death");
    auto& putter = team[kill % team.size()];
    putter.kill();
    ASSERT_TRUE(putter.join(patience()));
    putter = hire(kill + 3);
  }
  for (auto& putter : team) expect_good(putter);
  queue.close();
  expect_good(getter);
  for (std::uint32_t p = 0; p < putters; ++p) {
    // What was delivered of a killed one is the beginning of what it put.
    std::uint32_t delivered = 0;
    while (delivered < items && tally.times({p, delivered}) == 1) ++delivered;
    for (std::uint32_t i = delivered; i < items; ++i) ASSERT_EQ(tally.times({p, i}), 0u) << p << ' ' << i;
    if (p >= kKills) {
      EXPECT_EQ(delivered, items) << "a living putter lost an item";
    }
  }
}

TYPED_TEST(QueueDeath, of_a_putter_costs_at_most_its_short_item) {
  kill_putters<TypeParam>(200, 3000);
}
TYPED_TEST(QueueDeath, of_a_putter_costs_at_most_its_long_item) {
  kill_putters<TypeParam>(20'000, 300);
}
TYPED_TEST(QueueDeath, of_a_putter_costs_at_most_its_very_long_item) {
  kill_putters<TypeParam>(300'000, 60);
}

/// Kills getters and putters in turn.
template <class M>
void kill_both(std::size_t bytes, std::uint32_t items) {
  const Shape shape = shape_up_to<M>(bytes);
  typename M::Type queue(shape);
  constexpr std::uint32_t putters = kKills / 2 + 3;
  Tally tally(putters, items);
  posix::Shared<std::atomic<std::uint32_t>> total(0, 0u);
  const auto hire_getter = [&] { return posix::Child([&] { consume(queue, shape, tally, *total); }); };
  const auto hire_putter = [&](std::uint32_t p) {
    return posix::Child([&, p] {
      for (std::uint32_t i = 0; i < items; ++i) give(queue, labelled({p, i}, some_length(i, shape)));
      queue.flush();
    });
  };
  std::vector<posix::Child> getters;
  std::vector<posix::Child> team;
  for (std::uint32_t i = 0; i < 3; ++i) {
    getters.push_back(hire_getter());
    team.push_back(hire_putter(i));
  }
  for (std::uint32_t kill = 0; kill < kKills; ++kill) {
    const std::uint32_t before = total->load();
    const auto done = [&] {
      return std::none_of(team.begin(), team.end(), [](auto& p) { return p.alive(); });
    };
    wait_until([&] { return total->load() > before + kill % 7 || done(); }, "the others hang after a death");
    auto& victim = kill % 2 ? getters[kill % 3] : team[kill % 3];
    victim.kill();
    ASSERT_TRUE(victim.join(patience()));
    victim = kill % 2 ? hire_getter() : hire_putter(kill / 2 + 3);
  }
  for (auto& putter : team) expect_good(putter);
  queue.close();
  for (auto& getter : getters) expect_good(getter);
  int holes = 0;
  for (std::uint32_t p = 0; p < putters; ++p) {
    std::uint32_t end = items;
    while (end > 0 && tally.times({p, end - 1}) == 0) --end;
    for (std::uint32_t i = 0; i < end; ++i) {
      EXPECT_LE(tally.times({p, i}), 1u);
      holes += tally.times({p, i}) == 0;
    }
  }
  EXPECT_LE(holes, kKills / 2);
}

TYPED_TEST(QueueDeath, of_getters_and_putters_costs_at_most_their_items) {
  kill_both<TypeParam>(200, 3000);
}

template <class M>
class StreamDeath : public ::testing::Test {};
using Streams = ::testing::Types<Pipe, SocketStream>;
TYPED_TEST_SUITE(StreamDeath, Streams, Names);

TYPED_TEST(StreamDeath, in_the_middle_of_a_long_item_leaves_nothing_of_it) {
  // Far more than the kernel holds, so that the putter sleeps in the middle of the item.
  const Shape shape{.max_items = 2, .max_bytes = 8 << 20};
  typename TypeParam::Type queue(shape);
  posix::Child putter([&] { give(queue, patterned(shape.max_bytes, 1)); });
  await_sleep(putter.pid());
  Bytes buffer(shape.max_bytes);
  posix::Child getter(
      [&] { require(take(queue, shape) == patterned(shape.max_bytes, 3), "the wrong item"); });
  putter.kill();
  ASSERT_TRUE(putter.join(patience()));
  give(queue, patterned(shape.max_bytes, 3));
  expect_good(getter);
  EXPECT_EQ(queue.size(), 0u);
}

TYPED_TEST(StreamDeath, of_the_getter_of_a_long_item_leaves_nothing_of_it) {
  const Shape shape{.max_items = 2, .max_bytes = 8 << 20};
  typename TypeParam::Type queue(shape);
  posix::Shared<std::atomic<bool>> go(0, false);
  posix::Child getter([&] { take(queue, shape); });
  await_sleep(getter.pid());
  posix::Child putter([&] {
    give(queue, patterned(shape.max_bytes, 1));
    give(queue, patterned(5, 2));
  });
  // Wherever in the item the getter is by now.
  wait_until([&] { return queue.size() > 0; }, "nothing is put");
  getter.kill();
  ASSERT_TRUE(getter.join(patience()));
  Bytes first = take(queue, shape);
  if (first.size() == shape.max_bytes) {
    EXPECT_EQ(first, patterned(shape.max_bytes, 1));
    first = take(queue, shape);
  }
  EXPECT_EQ(first, patterned(5, 2));
  expect_good(putter);
  EXPECT_EQ(queue.size(), 0u);
}

TYPED_TEST(StreamDeath, is_not_needed_to_give_up_in_the_middle_of_a_long_item) {
  const Shape shape{.max_items = 2, .max_bytes = 8 << 20};
  typename TypeParam::Type queue(shape);
  Bytes buffer(shape.max_bytes);
  for (unsigned round = 0; round < 3; ++round) {
    EXPECT_EQ(queue.put(patterned(shape.max_bytes, 0), Deadline::now()), Put::full);
    EXPECT_EQ(queue.put(patterned(shape.max_bytes, 0), Deadline::in(std::chrono::milliseconds(20))),
              Put::full);
    EXPECT_EQ(queue.size(), 0u);
    EXPECT_EQ(queue.get(buffer, Deadline::now()), Got{Got::empty});
    posix::Child putter([&] { give(queue, patterned(shape.max_bytes, round)); });
    EXPECT_EQ(take(queue, shape), patterned(shape.max_bytes, round));
    expect_good(putter);
  }
  EXPECT_EQ(queue.put(patterned(shape.max_bytes, 0), Deadline::now()), Put::full);
  // Somebody who waits for the stump to be gone is told of the end as well.
  posix::Child putter(
      [&] { require(queue.put(patterned(9, 0), Deadline::never()) == Put::closed, "not told of the end"); });
  await_sleep(putter.pid());
  queue.close();
  expect_good(putter);
  EXPECT_EQ(queue.get(buffer, Deadline::never()), Got{Got::closed});
}

}  // namespace
}  // namespace shmoo::queue
