// Every mechanism in the catalog is held to contract Queue. What a mechanism refuses is skipped with its
// reason.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "queue/traffic.hpp"
#include "share/catalog/queues.hpp"

namespace shmoo::queue {
namespace {

using namespace test;
using std::chrono::milliseconds;

template <class List>
struct AsTypes;
template <class... M>
struct AsTypes<std::tuple<M...>> {
  using type = ::testing::Types<M...>;
};

struct Names {
  template <class M>
  static std::string GetName(int) {
    return std::string(M::about.name);
  }
};

template <class M>
class QueueContract : public ::testing::Test {};
TYPED_TEST_SUITE(QueueContract, AsTypes<catalog::Queues>::type, Names);

/// The shape for as many getters or putters as the mechanism allows, one at least.
template <class M>
Shape with_as_many(Shape shape) {
  while (shape.producers > 1 && !M::refusal(shape).empty()) --shape.producers;
  while (shape.consumers > 1 && !M::refusal(shape).empty()) --shape.consumers;
  return shape;
}

// Makes `queue` of `shape`, or skips the test with the mechanism's reason.
#define MAKE_QUEUE(queue, shape)                                             \
  if (const std::string reason = TypeParam::refusal(shape); !reason.empty()) \
    GTEST_SKIP() << TypeParam::about.name << " refuses: " << reason;         \
  typename TypeParam::Type queue(shape)

const Bytes kOne = patterned(1, 1);

TYPED_TEST(QueueContract, delivers_the_items_of_a_child_in_order) {
  const Shape shape{.max_bytes = 64};
  MAKE_QUEUE(queue, shape);
  constexpr std::uint32_t items = 500;
  posix::Child child([&] {
    for (std::uint32_t i = 0; i < items; ++i) give(queue, labelled({0, i}, 8 + i % 57));
    queue.flush();
  });
  for (std::uint32_t i = 0; i < items; ++i) {
    const Bytes item = take(queue, shape);
    ASSERT_EQ(item.size(), 8 + i % 57);
    ASSERT_EQ(check_labelled(item).number, i);
  }
  expect_good(child);
}

TYPED_TEST(QueueContract, delivers_the_items_of_the_parent_to_a_child_in_order) {
  const Shape shape{.max_bytes = 64};
  MAKE_QUEUE(queue, shape);
  constexpr std::uint32_t items = 500;
  posix::Child child([&] {
    for (std::uint32_t i = 0; i < items; ++i)
      require(check_labelled(take(queue, shape)).number == i, "out of order");
  });
  for (std::uint32_t i = 0; i < items; ++i) give(queue, labelled({0, i}, 64));
  queue.flush();
  expect_good(child);
}

TYPED_TEST(QueueContract, carries_items_of_every_length_that_it_does_not_refuse) {
  std::string refused;
  for (const std::size_t bytes : {0,
                                  1,
                                  2,
                                  7,
                                  8,
                                  63,
                                  64,
                                  65,
                                  4091,
                                  4092,
                                  4093,
                                  4095,
                                  4096,
                                  4097,
                                  8192,
                                  16 << 10,
                                  (32 << 10) - 4,
                                  32 << 10,
                                  64 << 10,
                                  1 << 20,
                                  (1 << 20) + 1}) {
    const Shape shape{.max_bytes = bytes};
    if (const std::string reason = TypeParam::refusal(shape); !reason.empty()) {
      refused = reason;
      continue;
    }
    SCOPED_TRACE(bytes);
    typename TypeParam::Type queue(shape);
    posix::Child child([&] {
      for (unsigned i = 0; i < 3; ++i) give(queue, patterned(bytes, i));
      queue.flush();
    });
    for (unsigned i = 0; i < 3; ++i) ASSERT_EQ(take(queue, shape), patterned(bytes, i));
    expect_good(child);
  }
  if (!refused.empty()) std::printf("[ refused  ] %s\n", refused.c_str());
}

TYPED_TEST(QueueContract, carries_items_of_many_lengths_in_one_queue) {
  Shape shape{.max_bytes = 1 << 20};
  if (!TypeParam::refusal(shape).empty()) shape.max_bytes = 8192;
  MAKE_QUEUE(queue, shape);
  const std::vector<std::size_t> lengths{0, 1,    4096,  64 << 10, 5, 1 << 20, 0,
                                         0, 4093, 40000, 1 << 20,  3, 33333,   70000};
  posix::Child child([&] {
    for (unsigned i = 0; i < 60; ++i)
      give(queue, patterned(std::min(lengths[i % lengths.size()], shape.max_bytes), i));
    queue.flush();
  });
  for (unsigned i = 0; i < 60; ++i)
    ASSERT_EQ(take(queue, shape), patterned(std::min(lengths[i % lengths.size()], shape.max_bytes), i));
  expect_good(child);
}

/// Several producers and consumers; every item must come once, whole, and in order of its producer.
template <class M>
void run_mesh(const Shape& shape, std::uint32_t items) {
  if (const std::string reason = M::refusal(shape); !reason.empty())
    GTEST_SKIP() << M::about.name << " refuses: " << reason;
  typename M::Type queue(shape);
  const auto producers = static_cast<std::uint32_t>(shape.producers);
  Tally tally(producers, items);
  std::vector<posix::Child> consumers;
  for (int c = 0; c < shape.consumers; ++c)
    consumers.emplace_back([&] {
      Bytes buffer(shape.max_bytes);
      std::vector<std::int64_t> last(producers, -1);
      for (;;) {
        const Got got = queue.get(buffer, patience());
        if (got.status == Got::closed) return;
        require(got.status == Got::ok, "no item came");
        const Label label = check_labelled(std::span(buffer).first(got.bytes));
        require(label.producer < producers && last[label.producer] < label.number, "out of order");
        last[label.producer] = label.number;
        tally.count(label);
      }
    });
  run_processes(shape.producers, [&](int p) {
    const auto producer = static_cast<std::uint32_t>(p);
    for (std::uint32_t i = 0; i < items; ++i)
      give(queue, labelled({producer, i}, 8 + (i * 977 + producer * 131) % (shape.max_bytes - 7)));
    queue.flush();
  });
  queue.close();
  for (auto& consumer : consumers) expect_good(consumer);
  for (std::uint32_t p = 0; p < producers; ++p)
    for (std::uint32_t i = 0; i < items; ++i)
      ASSERT_EQ(tally.times({p, i}), 1u) << "item " << i << " of producer " << p;
  EXPECT_EQ(queue.size(), 0u);
}

TYPED_TEST(QueueContract, delivers_each_item_of_several_producers_once) {
  run_mesh<TypeParam>({.max_bytes = 256, .producers = 3, .consumers = 3}, 1000);
}
TYPED_TEST(QueueContract, delivers_each_item_once_through_a_few_places) {
  run_mesh<TypeParam>({.max_items = 5, .max_bytes = 256, .producers = 3, .consumers = 3}, 500);
}
TYPED_TEST(QueueContract, delivers_each_long_item_of_several_producers_once) {
  run_mesh<TypeParam>({.max_bytes = 100'000, .producers = 3, .consumers = 2}, 150);
}
TYPED_TEST(QueueContract, delivers_each_item_of_several_producers_to_one_consumer) {
  run_mesh<TypeParam>({.max_bytes = 6000, .producers = 3, .consumers = 1}, 500);
}
TYPED_TEST(QueueContract, delivers_each_item_of_one_producer_to_several_consumers) {
  run_mesh<TypeParam>({.max_bytes = 64, .producers = 1, .consumers = 3}, 2000);
}

TYPED_TEST(QueueContract, holds_six_items_and_then_is_full_at_once_and_after_the_timeout) {
  const Shape shape{.max_items = 6, .max_bytes = 16};
  MAKE_QUEUE(queue, shape);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(queue.put(kOne, Deadline::now()), Put::ok);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(queue.put(kOne, patience()), Put::ok);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(queue.put(kOne, Deadline::never()), Put::ok);
  EXPECT_EQ(queue.size(), 6u);
  EXPECT_EQ(queue.put(kOne, Deadline::now()), Put::full);
  const auto deadline = Deadline::in(milliseconds(30));
  EXPECT_EQ(queue.put(kOne, deadline), Put::full);
  EXPECT_TRUE(deadline.passed());
  EXPECT_EQ(queue.size(), 6u);
  take(queue, shape);
  EXPECT_EQ(queue.put(kOne, patience()), Put::ok);
  EXPECT_EQ(queue.put(kOne, Deadline::now()), Put::full);
}

TYPED_TEST(QueueContract, holds_no_more_than_its_bound_when_many_put_at_once) {
  const Shape shape{.max_items = 6, .max_bytes = 16, .producers = 4};
  MAKE_QUEUE(queue, shape);
  posix::Shared<std::atomic<int>> put(0, 0);
  for (int round = 1; round <= 20; ++round) {
    Flag go;
    run_processes(4, [&](int p) {
      if (p == 0) go.raise();
      go.await("the start");
      for (int i = 0; i < 6; ++i)
        if (queue.put(kOne, Deadline::in(milliseconds(1))) == Put::ok) put->fetch_add(1);
      queue.flush();
    });
    ASSERT_EQ(put->load(), 6 * round);
    ASSERT_EQ(queue.size(), 6u);
    for (int i = 0; i < 6; ++i) take(queue, shape);
    ASSERT_EQ(queue.size(), 0u);
  }
}

TYPED_TEST(QueueContract, is_empty_at_once_and_after_the_timeout) {
  const Shape shape{.max_bytes = 16};
  MAKE_QUEUE(queue, shape);
  Bytes buffer(16);
  EXPECT_EQ(queue.get(buffer, Deadline::now()), Got{Got::empty});
  const auto deadline = Deadline::in(milliseconds(30));
  EXPECT_EQ(queue.get(buffer, deadline), Got{Got::empty});
  EXPECT_TRUE(deadline.passed());
  give(queue, kOne);
  EXPECT_EQ(take(queue, shape), kOne);
  EXPECT_EQ(queue.get(buffer, Deadline::now()), Got{Got::empty});
}

TYPED_TEST(QueueContract, counts_its_items) {
  const Shape shape{.max_bytes = 16};
  MAKE_QUEUE(queue, shape);
  EXPECT_EQ(queue.size(), 0u);
  give(queue, kOne);
  EXPECT_EQ(queue.size(), 1u);
  run_process([&] {
    give(queue, kOne);
    queue.flush();
  });
  EXPECT_EQ(queue.size(), 2u);
  take(queue, shape);
  EXPECT_EQ(queue.size(), 1u);
  take(queue, shape);
  EXPECT_EQ(queue.size(), 0u);
}

TYPED_TEST(QueueContract, takes_nothing_after_close_and_drains_what_is_there) {
  const Shape shape{.max_items = 4, .max_bytes = 16};
  MAKE_QUEUE(queue, shape);
  Bytes buffer(16);
  for (unsigned i = 0; i < 3; ++i) give(queue, patterned(5, i));
  run_process([&] { queue.close(); });
  EXPECT_EQ(queue.put(kOne, Deadline::now()), Put::closed);
  EXPECT_EQ(queue.put(kOne, Deadline::never()), Put::closed);
  run_process([&] { require(queue.put(kOne, Deadline::never()) == Put::closed, "a child can put"); });
  for (unsigned i = 0; i < 3; ++i) EXPECT_EQ(take(queue, shape), patterned(5, i));
  EXPECT_EQ(queue.get(buffer, Deadline::now()), Got{Got::closed});
  EXPECT_EQ(queue.get(buffer, Deadline::never()), Got{Got::closed});
  run_process([&] {
    Bytes own(16);
    require(queue.get(own, Deadline::never()).status == Got::closed, "a child still waits");
  });
  queue.close();
  EXPECT_EQ(queue.get(buffer, Deadline::never()), Got{Got::closed});
}

TYPED_TEST(QueueContract, close_wakes_getters_that_wait) {
  for (const std::size_t bytes : {64, 8000}) {
    const auto shape = with_as_many<TypeParam>({.max_bytes = bytes, .consumers = 3});
    MAKE_QUEUE(queue, shape);
    std::vector<posix::Child> getters;
    for (int i = 0; i < shape.consumers; ++i)
      getters.emplace_back([&, i] {
        Bytes buffer(bytes);
        const auto deadline = i == 1 ? patience() : Deadline::never();
        require(queue.get(buffer, deadline).status == Got::closed, "not told of the end");
      });
    for (auto& getter : getters) await_waiting(queue, getter.pid());
    queue.close();
    for (auto& getter : getters) expect_good(getter);
  }
}

TYPED_TEST(QueueContract, close_wakes_putters_that_wait) {
  const auto shape = with_as_many<TypeParam>({.max_items = 2, .max_bytes = 64, .producers = 2});
  MAKE_QUEUE(queue, shape);
  give(queue, kOne);
  give(queue, kOne);
  std::vector<posix::Child> putters;
  for (int i = 0; i < shape.producers; ++i)
    putters.emplace_back([&, i] {
      const auto deadline = i == 1 ? patience() : Deadline::never();
      require(queue.put(kOne, deadline) == Put::closed, "not told of the end");
    });
  for (auto& putter : putters) await_waiting(queue, putter.pid());
  queue.close();
  for (auto& putter : putters) expect_good(putter);
  take(queue, shape);
  take(queue, shape);
  Bytes buffer(64);
  EXPECT_EQ(queue.get(buffer, Deadline::never()), Got{Got::closed});
}

TYPED_TEST(QueueContract, close_wakes_a_putter_that_waits_for_room_for_bytes) {
  const Shape shape{.max_bytes = 8000};
  MAKE_QUEUE(queue, shape);
  Flag full;
  posix::Child putter([&] {
    const Bytes item = patterned(8000, 1);
    while (queue.put(item, Deadline::in(milliseconds(20))) == Put::ok) {
    }
    full.raise();
    require(queue.put(item, Deadline::never()) == Put::closed, "not told of the end");
    queue.flush();
  });
  full.await("the queue is never full");
  await_waiting(queue, putter.pid());
  queue.close();
  Bytes buffer(8000);
  for (;;) {
    const Got got = queue.get(buffer, patience());
    if (got.status == Got::closed) break;
    ASSERT_EQ(got.status, Got::ok);
    ASSERT_EQ(buffer, patterned(8000, 1));
  }
  expect_good(putter);
}

TYPED_TEST(QueueContract, refuses_an_item_that_is_too_long_and_loses_no_place) {
  const Shape shape{.max_items = 3, .max_bytes = 16};
  MAKE_QUEUE(queue, shape);
  for (int i = 0; i < 10; ++i) EXPECT_THROW(queue.put(patterned(17, 0), Deadline::now()), std::length_error);
  EXPECT_EQ(queue.size(), 0u);
  for (unsigned i = 0; i < 3; ++i) EXPECT_EQ(queue.put(patterned(16, i), Deadline::now()), Put::ok);
  for (unsigned i = 0; i < 3; ++i) EXPECT_EQ(take(queue, shape), patterned(16, i));
}

TYPED_TEST(QueueContract, refuses_a_buffer_that_is_too_small_and_keeps_the_item) {
  const Shape shape{.max_bytes = 16};
  MAKE_QUEUE(queue, shape);
  give(queue, kOne);
  Bytes small(15);
  EXPECT_THROW(queue.get(small, Deadline::now()), std::length_error);
  EXPECT_EQ(queue.size(), 1u);
  EXPECT_EQ(take(queue, shape), kOne);
}

TYPED_TEST(QueueContract, leaves_the_rest_of_a_larger_buffer_alone) {
  const Shape shape{.max_bytes = 16};
  MAKE_QUEUE(queue, shape);
  give(queue, patterned(16, 3));
  Bytes large(64, std::byte{0x5a});
  EXPECT_EQ(queue.get(large, patience()), (Got{Got::ok, 16}));
  EXPECT_EQ(Bytes(large.begin(), large.begin() + 16), patterned(16, 3));
  EXPECT_EQ(Bytes(large.begin() + 16, large.end()), Bytes(48, std::byte{0x5a}));
}

TYPED_TEST(QueueContract, works_in_the_child_of_a_process_that_used_it) {
  const Shape shape{.max_bytes = 16, .producers = 3, .consumers = 1};
  MAKE_QUEUE(queue, shape);
  give(queue, patterned(3, 0));
  EXPECT_EQ(take(queue, shape), patterned(3, 0));
  give(queue, patterned(3, 1));
  run_process([&] {
    give(queue, patterned(3, 2));
    run_process([&] {
      give(queue, patterned(3, 3));
      queue.flush();
    });
    queue.flush();
  });
  std::vector<Bytes> got;
  for (int i = 0; i < 3; ++i) got.push_back(take(queue, shape));
  std::sort(got.begin(), got.end());
  std::vector<Bytes> all{patterned(3, 1), patterned(3, 2), patterned(3, 3)};
  std::sort(all.begin(), all.end());
  EXPECT_EQ(got, all);
}

TYPED_TEST(QueueContract, delivers_what_a_process_flushed_before_it_left) {
  const Shape shape{.max_items = 8, .max_bytes = 5000};
  MAKE_QUEUE(queue, shape);
  run_process([&] {
    for (unsigned i = 0; i < 8; ++i) give(queue, patterned(5000, i));
    queue.flush();
    ::_exit(0);
  });
  for (unsigned i = 0; i < 8; ++i) EXPECT_EQ(take(queue, shape), patterned(5000, i));
}

template <class M>
constexpr bool survives_killed_waiters() {
  if constexpr (requires { M::survives_killed_waiters; }) return M::survives_killed_waiters;
  return true;
}

TYPED_TEST(QueueContract, goes_on_when_getters_are_killed_while_they_wait) {
  if (!survives_killed_waiters<TypeParam>()) GTEST_SKIP() << TypeParam::about.peer_death;
  for (const std::size_t bytes : {64, 8000}) {
    const Shape shape{.max_bytes = bytes, .consumers = 3};
    MAKE_QUEUE(queue, shape);
    const auto wait_for_item = [&] {
      Bytes buffer(bytes);
      while (queue.get(buffer, Deadline::never()).status == Got::ok) {
      }
    };
    for (int round = 0; round < 3; ++round) {
      posix::Child first(wait_for_item);
      posix::Child second(wait_for_item);
      await_waiting(queue, first.pid());
      await_waiting(queue, second.pid());
      (round % 2 ? first : second).kill();
      (round % 2 ? second : first).kill();
      ASSERT_TRUE(first.join(patience()) && second.join(patience()));
      for (unsigned i = 0; i < 5; ++i) {
        give(queue, patterned(bytes, i));
        ASSERT_EQ(take(queue, shape), patterned(bytes, i));
      }
      ASSERT_EQ(queue.size(), 0u);
    }
  }
}

TYPED_TEST(QueueContract, serves_the_getter_that_waited_beside_a_killed_one) {
  if (!survives_killed_waiters<TypeParam>()) GTEST_SKIP() << TypeParam::about.peer_death;
  for (const std::size_t bytes : {64, 8000}) {
    const Shape shape{.max_bytes = bytes, .consumers = 2};
    MAKE_QUEUE(queue, shape);
    posix::Child doomed([&] { take(queue, shape); });
    await_waiting(queue, doomed.pid());
    posix::Child heir([&] {
      for (unsigned i = 0; i < 5; ++i) require(take(queue, shape) == patterned(bytes, i), "a wrong item");
    });
    await_waiting(queue, heir.pid());
    doomed.kill();
    ASSERT_TRUE(doomed.join(patience()));
    for (unsigned i = 0; i < 5; ++i) give(queue, patterned(bytes, i));
    queue.flush();
    expect_good(heir);
  }
}

TYPED_TEST(QueueContract, goes_on_when_producers_are_killed_while_idle) {
  const Shape shape{.max_items = 3, .max_bytes = 64, .producers = 3};
  MAKE_QUEUE(queue, shape);
  for (unsigned round = 0; round < 3; ++round) {
    Flag idle;
    posix::Child producer([&] {
      give(queue, patterned(9, round));
      queue.flush();
      idle.raise();
      ::pause();
    });
    idle.await("the item is not put");
    producer.kill();
    ASSERT_TRUE(producer.join(patience()));
    give(queue, patterned(8, round));
    EXPECT_EQ(take(queue, shape), patterned(9, round));
    EXPECT_EQ(take(queue, shape), patterned(8, round));
  }
  for (unsigned i = 0; i < 3; ++i) EXPECT_EQ(queue.put(kOne, Deadline::now()), Put::ok);
}

TYPED_TEST(QueueContract, goes_on_when_putters_are_killed_while_they_wait_for_room) {
  if (!survives_killed_waiters<TypeParam>()) GTEST_SKIP() << TypeParam::about.peer_death;
  const Shape shape{.max_items = 2, .max_bytes = 64, .producers = 3};
  MAKE_QUEUE(queue, shape);
  for (int round = 0; round < 3; ++round) {
    give(queue, kOne);
    give(queue, kOne);
    posix::Child first([&] { queue.put(kOne, Deadline::never()); });
    posix::Child second([&] { queue.put(kOne, Deadline::never()); });
    await_waiting(queue, first.pid());
    await_waiting(queue, second.pid());
    first.kill();
    second.kill();
    ASSERT_TRUE(first.join(patience()) && second.join(patience()));
    take(queue, shape);
    take(queue, shape);
    ASSERT_EQ(queue.size(), 0u);
  }
  EXPECT_EQ(queue.put(kOne, Deadline::now()), Put::ok);
  EXPECT_EQ(queue.put(kOne, Deadline::now()), Put::ok);
  EXPECT_EQ(queue.put(kOne, Deadline::now()), Put::full);
}

/// Named things of this process.
std::vector<std::string> own_names() {
  std::vector<std::string> names;
  const std::string own = "shmoo." + std::to_string(::getpid()) + '.';
  for (const char* folder : {"/dev/shm", "/dev/mqueue"}) {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(folder, none))
      if (entry.path().filename().string().starts_with(own)) names.push_back(entry.path());
  }
  return names;
}

std::size_t open_files() {
  const std::filesystem::directory_iterator files("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

TYPED_TEST(QueueContract, leaves_no_name_and_no_descriptor) {
  const Shape shape{.max_bytes = 64};
  { MAKE_QUEUE(first, shape); }
  const std::size_t before = open_files();
  for (int i = 0; i < 3; ++i) {
    MAKE_QUEUE(queue, shape);
    EXPECT_THAT(own_names(), ::testing::IsEmpty());
    give(queue, kOne);
    run_process([&] { take(queue, shape); });
  }
  EXPECT_THAT(own_names(), ::testing::IsEmpty());
  EXPECT_EQ(open_files(), before);
}

TYPED_TEST(QueueContract, says_what_it_is) {
  EXPECT_FALSE(TypeParam::about.summary.empty());
  EXPECT_FALSE(TypeParam::about.peer_death.empty());
  static_assert(Mechanism<TypeParam>);
}

}  // namespace
}  // namespace shmoo::queue
