// What a death costs the others: what the headers of the rings say, proved.
#include <algorithm>
#include <cerrno>
#include <random>

#include "posix/liveness.hpp"
#include "rings/ring_support.hpp"
#include "sync/claim_board.hpp"

namespace shmoo::queue::test {
namespace {

constexpr std::size_t kMost = kTwoPages;

template <class Q>
class DeadPeer : public testing::Test {};
using Rings = testing::Types<LockedRingQueue, SpscRingQueue, MpmcRingQueue>;
TYPED_TEST_SUITE(DeadPeer, Rings);

TYPED_TEST(DeadPeer, an_item_half_put_is_not_in_the_queue_and_the_queue_goes_on) {
  TypeParam queue({.max_items = 4, .max_bytes = kMost});
  for (std::uint64_t lap = 0; lap < 6; ++lap) {
    must_put(queue, item(2 * lap, 100));
    ASSERT_EQ(dying_producer(queue).ending().signal, SIGSEGV);
    // A successor in another process, as the dead one's was.
    posix::Child successor([&] { must_put(queue, item(2 * lap + 1, 200)); });
    expect_good_end(successor);
    ASSERT_EQ(must_get(queue, kMost), item(2 * lap, 100));
    ASSERT_EQ(must_get(queue, kMost), item(2 * lap + 1, 200));
  }
  EXPECT_EQ(queue.size(), 0u);
}

template <class Q>
class KeepsWhatWasHalfGot : public testing::Test {};
using Keepers = testing::Types<LockedRingQueue, SpscRingQueue>;
TYPED_TEST_SUITE(KeepsWhatWasHalfGot, Keepers);

TYPED_TEST(KeepsWhatWasHalfGot, an_item_half_got_is_still_there) {
  TypeParam queue({.max_items = 4, .max_bytes = kMost});
  for (std::uint64_t lap = 0; lap < 6; ++lap) {
    must_put(queue, item(lap, kMost));
    ASSERT_EQ(dying_consumer(queue).ending().signal, SIGSEGV);
    ASSERT_EQ(queue.size(), 1u);
    ASSERT_EQ(must_get(queue, kMost), item(lap, kMost));
  }
}

TEST(MpmcRing, an_item_half_got_is_lost_and_its_slot_comes_back) {
  MpmcRingQueue queue({.max_items = 2, .max_bytes = kMost});
  for (std::uint64_t lap = 0; lap < 4; ++lap) {
    must_put(queue, item(0, kMost));
    ASSERT_EQ(dying_consumer(queue).ending().signal, SIGSEGV);
    must_put(queue, item(1, 10));
    EXPECT_EQ(queue.put(item(2, 10), Deadline::now()), Put::full);
    must_put(queue, item(2, 10));  // waits, finds the dead, goes on
    EXPECT_EQ(must_get(queue, kMost), item(1, 10));
    EXPECT_EQ(must_get(queue, kMost), item(2, 10));
  }
}

TEST(MpmcRing, many_dead_producers_in_a_row_are_all_skipped) {
  MpmcRingQueue queue({.max_items = 5, .max_bytes = kMost});
  for (int i = 0; i < 4; ++i) ASSERT_EQ(dying_producer(queue).ending().signal, SIGSEGV);
  must_put(queue, item(9, 9));
  EXPECT_EQ(queue.put(item(0, 1), Deadline::now()), Put::full);
  EXPECT_EQ(must_get(queue, kMost), item(9, 9));
  EXPECT_EQ(queue.size(), 0u);
}

TEST(MpmcRing, after_a_close_the_end_is_reached_in_spite_of_a_dead_producer) {
  MpmcRingQueue queue({.max_items = 5, .max_bytes = kMost});
  ASSERT_EQ(dying_producer(queue).ending().signal, SIGSEGV);
  queue.close();
  Bytes buffer(kMost);
  EXPECT_EQ(queue.get(buffer, Deadline::now()), Got{Got::empty});
  EXPECT_EQ(queue.get(buffer, soon()), Got{Got::closed});
}

TEST(SpscRing, after_a_close_the_end_is_reached_in_spite_of_a_dead_producer) {
  SpscRingQueue queue({.max_bytes = kMost});
  ASSERT_EQ(dying_producer(queue).ending().signal, SIGSEGV);
  queue.close();
  Bytes buffer(kMost);
  EXPECT_EQ(queue.get(buffer, soon()), Got{Got::closed});
}

// In a child: a forbidden access stops the process; continued, it finds the way open.
const HalfReachable* stumbling_block = nullptr;
void stop_here(int) {
  const int saved = errno;
  ::raise(SIGSTOP);
  stumbling_block->open();
  errno = saved;
}

TEST(MpmcRing, a_stopped_producer_is_waited_for_and_its_item_arrives_whole) {
  MpmcRingQueue queue({.max_items = 4, .max_bytes = kMost});
  posix::Child producer([&] {
    const HalfReachable half(PROT_NONE);
    stumbling_block = &half;
    ::signal(SIGSEGV, stop_here);
    demand(queue.put(half.all(), soon()) == Put::ok, "a put did not succeed");
  });
  await_state(producer.pid(), 'T');
  must_put(queue, item(1, 10));
  Bytes buffer(kMost);
  // Several naps long: its owner is asked after, and is alive.
  EXPECT_EQ(queue.get(buffer, Deadline::in(4 * sync::Doorbell::kNap)), Got{Got::empty});
  producer.signal(SIGCONT);
  EXPECT_EQ(must_get(queue, kMost), Bytes(kMost));
  EXPECT_EQ(must_get(queue, kMost), item(1, 10));
  expect_good_end(producer);
}

/// Producers are killed at random moments and replaced; the items that arrive are whole and in order.
template <class Q>
void survive_killed_producers() {
  constexpr std::size_t bytes = 20'000;
  constexpr int producers = 3;
  constexpr int kills = 60;
  Q queue({.max_items = 6, .max_bytes = bytes, .producers = producers});
  const auto produce = [&](std::uint32_t id) {
    return posix::Child([&queue, id] {
      for (std::uint32_t number = 1;; ++number) {
        Bytes made = item(number, bytes);
        std::memcpy(made.data(), &id, sizeof id);
        std::memcpy(made.data() + sizeof id, &number, sizeof number);
        must_put(queue, made);
      }
    });
  };
  std::uint32_t next_id = 0;
  std::vector<posix::Child> alive;
  for (int i = 0; i < producers; ++i) alive.push_back(produce(next_id++));
  std::vector<std::uint32_t> last(producers + kills, 0);
  std::mt19937 random(20);
  for (int kill = 0; kill < kills; ++kill) {
    for (unsigned some = random() % 20; some > 0; --some) {
      const Bytes got = must_get(queue, bytes);
      std::uint32_t id = 0;
      std::uint32_t number = 0;
      ASSERT_EQ(got.size(), bytes);
      std::memcpy(&id, got.data(), sizeof id);
      std::memcpy(&number, got.data() + sizeof id, sizeof number);
      ASSERT_LT(id, next_id);
      ASSERT_EQ(number, last[id] + 1) << "of producer " << id;
      last[id] = number;
      const Bytes expected = item(number, bytes);
      ASSERT_TRUE(std::equal(got.begin() + 8, got.end(), expected.begin() + 8));
    }
    posix::Child& victim = alive[random() % producers];
    victim.kill();
    ASSERT_TRUE(victim.join(soon()));
    victim = produce(next_id++);
  }
}

TEST(LockedRing, producers_killed_at_random_moments_do_not_stop_the_others) {
  survive_killed_producers<LockedRingQueue>();
}
TEST(MpmcRing, producers_killed_at_random_moments_do_not_stop_the_others) {
  survive_killed_producers<MpmcRingQueue>();
}

/// Consumers are killed at random moments and replaced; the producer goes on to its end.
template <class Q>
void survive_killed_consumers() {
  constexpr std::size_t bytes = 20'000;
  Q queue({.max_items = 6, .max_bytes = bytes, .consumers = 3});
  const auto consume = [&] {
    return posix::Child([&queue] {
      Bytes buffer(bytes);
      for (;;) demand(queue.get(buffer, soon()).status == Got::ok, "a get did not succeed");
    });
  };
  std::vector<posix::Child> alive;
  for (int i = 0; i < 3; ++i) alive.push_back(consume());
  std::mt19937 random(21);
  for (std::uint64_t kill = 0; kill < 60; ++kill) {
    for (unsigned some = random() % 20; some > 0; --some) must_put(queue, item(some, bytes));
    posix::Child& victim = alive[random() % 3];
    victim.kill();
    ASSERT_TRUE(victim.join(soon()));
    victim = consume();
  }
}

TEST(LockedRing, consumers_killed_at_random_moments_do_not_stop_the_others) {
  survive_killed_consumers<LockedRingQueue>();
}
TEST(MpmcRing, consumers_killed_at_random_moments_do_not_stop_the_others) {
  survive_killed_consumers<MpmcRingQueue>();
}

TEST(Liveness, a_process_is_dead_when_it_ended_reaped_or_not_and_alive_when_it_is_stopped) {
  posix::Shared<std::atomic<posix::Mark>> mark(0, 0);
  posix::Child child([&] {
    mark->store(posix::own_mark());
    ::raise(SIGSTOP);
    ::pause();
  });
  await_state(child.pid(), 'T');
  EXPECT_FALSE(posix::has_died(mark->load()));
  child.kill();
  await_state(child.pid(), 'Z');
  EXPECT_TRUE(posix::has_died(mark->load()));
  ASSERT_TRUE(child.join(soon()));
  EXPECT_TRUE(posix::has_died(mark->load()));
}

TEST(Liveness, a_later_thread_of_the_same_id_is_another) {
  const posix::Mark mine = posix::own_mark();
  EXPECT_FALSE(posix::has_died(mine));
  EXPECT_TRUE(posix::has_died(mine + (posix::Mark{1} << 30)));
  EXPECT_FALSE(posix::has_died(mine & ((posix::Mark{1} << 30) - 1))) << "a bare id has no start to compare";
}

TEST(ClaimBoard, knows_a_step_of_the_living_and_forgets_that_of_the_dead) {
  posix::Shared<sync::ClaimBoard> board(0);
  EXPECT_FALSE(board->is_held(5));
  posix::Child child([&] {
    board->announce(5);
    ::raise(SIGSTOP);
  });
  await_state(child.pid(), 'T');
  EXPECT_TRUE(board->is_held(5));
  child.kill();
  ASSERT_TRUE(child.join(soon()));
  EXPECT_FALSE(board->is_held(5));
}

TEST(ClaimBoard, records_of_the_dead_are_given_to_newcomers) {
  posix::Shared<sync::ClaimBoard> board(0);
  for (std::size_t i = 0; i < sync::ClaimBoard::kRecords + 50; ++i) {
    posix::Child child([&] { board->announce(i + 1); });
    ASSERT_TRUE(child.join(soon()));
    ASSERT_TRUE(child.ending().good());
  }
}

}  // namespace
}  // namespace shmoo::queue::test
