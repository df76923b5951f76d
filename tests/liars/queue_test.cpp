// Queues that lie, each in one put or one get: the traffic proves every item that it moves.
#include "liars/lie.hpp"
#include "workloads/queue_round_trip.hpp"
#include "workloads/queue_traffic.hpp"

namespace shmoo::test {
namespace {

using bench::traffic::Sides;
using queue::Got;
using queue::Put;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;

enum class Lie {
  none,
  drops,
  drops_put,
  repeats,
  repeats_put,
  swaps,
  cuts,
  tears,
  damages_first,
  damages_last
};

/// A ring that keeps the contract but for one call. What it does is said before it is made.
class LyingQueue {
 public:
  static inline Lie lie = Lie::none;
  static inline Fate fate = Fate::none;
  static inline std::uint64_t call = 0;

  explicit LyingQueue(const queue::Shape& shape) : good_(shape), put_(call), get_(call) {}

  Put put(std::span<const std::byte> item, posix::Deadline deadline) {
    const bool now = put_.now();
    if (now && lie == Lie::drops_put) return Put::ok;
    if (now && lie == Lie::repeats_put) good_.put(item, deadline);
    return good_.put(item, deadline);
  }

  Got get(std::span<std::byte> buffer, posix::Deadline deadline) {
    if (given_back_) {
      std::copy(given_back_->begin(), given_back_->end(), buffer.begin());
      const Got got{Got::ok, given_back_->size()};
      given_back_.reset();
      return got;
    }
    Got got = good_.get(buffer, deadline);
    // The next two items may go to somebody else, and the order between two consumers is nobody's: swap
    // often.
    const bool now = lie == Lie::swaps ? ++gets_ % 10 == 0 : get_.now();
    const auto item = buffer.first(got.bytes);
    if (now) {
      meet(fate);
      switch (lie) {
        case Lie::none:
        case Lie::drops_put:
        case Lie::repeats_put:
          break;
        case Lie::drops:
          return good_.get(buffer, deadline);
        case Lie::repeats:
          given_back_.emplace(item.begin(), item.end());
          break;
        case Lie::swaps:
          given_back_.emplace(item.begin(), item.end());
          return good_.get(buffer, deadline);
        case Lie::cuts:
          --got.bytes;
          break;
        case Lie::tears:
          std::copy(before_.begin() + static_cast<std::ptrdiff_t>(before_.size() / 2), before_.end(),
                    item.begin() + static_cast<std::ptrdiff_t>(item.size() / 2));
          break;
        case Lie::damages_first:
          item.front() ^= std::byte{1};
          break;
        case Lie::damages_last:
          item.back() ^= std::byte{128};
          break;
      }
    }
    if (lie == Lie::tears) before_.assign(item.begin(), item.end());
    return got;
  }
  void close() { good_.close(); }
  void flush() { good_.flush(); }
  std::size_t size() const { return good_.size(); }

 private:
  queue::MpmcRingQueue good_;
  Moment put_;
  Moment get_;
  // A process's own.
  std::uint64_t gets_ = 0;
  std::optional<std::vector<std::byte>> given_back_;
  std::vector<std::byte> before_;
};

struct Mechanism {
  using Type = LyingQueue;
};

constexpr std::uint64_t kOperations = 3000;
constexpr std::uint64_t kWarmUp = kOperations / 10;
constexpr std::uint64_t kTimed =
    1000;  // a call in the timed phase, whoever makes it, where two share the work
constexpr Sides kStream{1, 1}, kFanIn{3, 1}, kFanOut{1, 3}, kMesh{2, 2};

void choose(Lie lie, std::uint64_t call, Fate fate = Fate::none) {
  LyingQueue::lie = lie;
  LyingQueue::call = call;
  LyingQueue::fate = fate;
}

std::string traffic(Lie lie, std::uint64_t call, std::uint64_t bytes, Sides sides,
                    posix::Nanoseconds limit = kPlenty) {
  choose(lie, call);
  return verdict(
      cell_of(bytes, sides.producers + sides.consumers), kOperations,
      [sides](const bench::Cell& cell) {
        return std::make_unique<bench::traffic::Traffic<Mechanism>>(cell, sides);
      },
      limit);
}

std::string round_trip(Lie lie, std::uint64_t call, std::uint64_t bytes, posix::Nanoseconds limit = kPlenty) {
  choose(lie, call);
  return verdict(
      cell_of(bytes, 2), 300,
      [](const bench::Cell& cell) { return std::make_unique<bench::traffic::RoundTrip<Mechanism>>(cell); },
      limit);
}

TEST(LyingQueue, who_does_not_lie_is_believed) {
  for (const std::uint64_t bytes : {8, 64, 4096})
    for (const Sides sides : {kStream, kFanIn, kFanOut, kMesh})
      EXPECT_EQ(traffic(Lie::none, 0, bytes, sides), "")
          << bytes << " bytes, " << sides.producers << " to " << sides.consumers;
  EXPECT_EQ(round_trip(Lie::none, 0, 64), "");
}

TEST(LyingQueue, a_dropped_item_is_missed_by_the_next) {
  for (const Sides sides : {kStream, kFanIn}) {
    EXPECT_THAT(traffic(Lie::drops, kTimed, 8, sides), HasSubstr("was due"));
    EXPECT_THAT(traffic(Lie::drops, kTimed, 64, sides), HasSubstr("was due"));
  }
  EXPECT_THAT(traffic(Lie::drops_put, kTimed, 64, kStream),
              HasSubstr("item 1001 of producer 0 came where 1000 was due"));
}

TEST(LyingQueue, a_dropped_item_is_missed_in_the_sum_of_many_consumers) {
  for (const Sides sides : {kFanOut, kMesh}) {
    EXPECT_THAT(traffic(Lie::drops_put, kTimed, 8, sides),
                HasSubstr("3300 items were put and 3299 were got"));
    EXPECT_THAT(traffic(Lie::drops_put, 0, 64, sides), HasSubstr("items were put and"));
  }
}

TEST(LyingQueue, the_last_item_dropped_is_what_the_deadline_tells_of) {
  const std::string reason = traffic(Lie::drops, kOperations + kWarmUp - 1, 64, kStream, kShort);
  EXPECT_THAT(reason, AllOf(HasSubstr("deadline of 2000 ms"), HasSubstr("member 1 is working"),
                            HasSubstr("3300 items were put and 3299 were got")));
}

TEST(LyingQueue, a_dropped_question_or_answer_is_what_the_deadline_tells_of) {
  EXPECT_THAT(round_trip(Lie::drops_put, 100, 64, kShort),
              AllOf(HasSubstr("deadline of 2000 ms"), HasSubstr("member 0 is working, member 1 is working"),
                    HasSubstr("there 101 items were put and 100 were got, back 100 and 100")));
}

TEST(LyingQueue, an_item_that_comes_twice_is_noticed) {
  for (const Sides sides : {kStream, kFanIn})
    EXPECT_THAT(traffic(Lie::repeats, kTimed, 8, sides), HasSubstr("was due"));
  for (const Sides sides : {kFanOut, kMesh}) {
    EXPECT_THAT(traffic(Lie::repeats, 200, 64, sides), HasSubstr("or a later one was due"));
    // Its double may come to the same consumer or to another.
    EXPECT_THAT(
        traffic(Lie::repeats_put, kTimed, 64, sides),
        AnyOf(HasSubstr("or a later one was due"), HasSubstr("3300 items were put and 3301 were got")));
  }
  EXPECT_THAT(round_trip(Lie::repeats, 100, 64), HasSubstr("came where"));
}

TEST(LyingQueue, the_last_item_put_twice_is_found_in_the_queue) {
  EXPECT_THAT(traffic(Lie::repeats_put, kOperations + kWarmUp - 1, 64, kStream),
              HasSubstr("1 items are left"));
  // The question; when it is the answer as well, which of the two depends on who is first.
  EXPECT_THAT(round_trip(Lie::repeats_put, 329, 64), HasSubstr("items are left in the queues"));
}

TEST(LyingQueue, items_out_of_order_are_noticed) {
  for (const Sides sides : {kStream, kFanIn})
    EXPECT_THAT(traffic(Lie::swaps, 0, 64, sides), HasSubstr("was due"));
  for (const Sides sides : {kFanOut, kMesh})
    EXPECT_THAT(traffic(Lie::swaps, 0, 64, sides),
                AnyOf(HasSubstr("or a later one was due"), HasSubstr("items were put and")));
}

TEST(LyingQueue, a_torn_item_is_noticed) {
  for (const Sides sides : {kStream, kFanIn, kFanOut, kMesh})
    EXPECT_THAT(traffic(Lie::tears, 200, 64, sides), HasSubstr("is damaged"));
  EXPECT_THAT(round_trip(Lie::tears, 100, 4096), HasSubstr("is damaged"));
}

TEST(LyingQueue, a_changed_bit_is_noticed_wherever_it_is) {
  for (const Sides sides : {kStream, kFanIn, kFanOut, kMesh}) {
    EXPECT_THAT(traffic(Lie::damages_last, 200, 64, sides), HasSubstr("is damaged"));
    EXPECT_THAT(traffic(Lie::damages_last, 200, 8, sides), HasSubstr("whom there is not"));
    EXPECT_NE(traffic(Lie::damages_first, 200, 8, sides), "");
  }
  EXPECT_THAT(round_trip(Lie::damages_first, 100, 8), HasSubstr("was due"));
}

TEST(LyingQueue, an_item_that_is_cut_is_noticed) {
  EXPECT_THAT(traffic(Lie::cuts, 200, 512, kStream), HasSubstr("an item of 512 bytes came with 511"));
}

std::string stream_with(Fate fate, posix::Nanoseconds limit = kPlenty) {
  choose(Lie::none, kTimed, fate);
  return verdict(
      cell_of(64, 2), kOperations,
      [](const bench::Cell& cell) {
        return std::make_unique<bench::traffic::Traffic<Mechanism>>(cell, kStream);
      },
      limit);
}

TEST(LyingQueue, a_consumer_that_freezes_meets_the_deadline_and_is_named) {
  EXPECT_THAT(stream_with(Fate::freezes, kShort),
              AllOf(HasSubstr("deadline of 2000 ms"), HasSubstr("member 1 is working"),
                    HasSubstr("and 1000 were got")));
}

TEST(LyingQueue, a_consumer_that_is_stopped_is_told_from_who_waits_for_it) {
  EXPECT_THAT(stream_with(Fate::is_stopped, kShort),
              HasSubstr("all members had left: member 1 is stopped while working"));
}

TEST(LyingQueue, a_consumer_that_dies_is_named_however_quietly) {
  EXPECT_EQ(stream_with(Fate::exits), "member 1 left in silence (exited with 0) while working");
  EXPECT_EQ(stream_with(Fate::is_killed), "member 1 died by SIGKILL while working");
}

}  // namespace
}  // namespace shmoo::test
