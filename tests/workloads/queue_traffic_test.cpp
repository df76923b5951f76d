// The traffic of the queue workloads proves what it moves: each way of breaking the contract is noticed.
#include "workloads/queue_traffic.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/launch.hpp"

namespace shmoo::bench::traffic {
namespace {

constexpr posix::Nanoseconds kLimit = std::chrono::seconds(30);

enum class Fault { none, loses, doubles, damages_last_byte, damages_header, swaps, cuts };

/// A queue that keeps the contract but for its 40th item, or but for every tenth.
template <Fault fault>
class Faulty {
 public:
  explicit Faulty(const Shape& shape) : good_(shape), gets_(0, 0) {}

  Put put(std::span<const std::byte> item, Deadline deadline) { return good_.put(item, deadline); }

  Got get(std::span<std::byte> buffer, Deadline deadline) {
    if (given_back_) {
      std::copy(given_back_->begin(), given_back_->end(), buffer.begin());
      const Got got{Got::ok, given_back_->size()};
      given_back_.reset();
      return got;
    }
    Got got = good_.get(buffer, deadline);
    // Swaps are frequent: a single one is none when the consumer sleeps on it until all others are got.
    const std::uint64_t get = gets_->fetch_add(1);
    if (got.status != Got::ok || (fault == Fault::swaps ? get % 10 != 0 : get != 40)) return got;
    switch (fault) {
      case Fault::none:
        break;
      case Fault::loses:
        return good_.get(buffer, deadline);
      case Fault::doubles:
        keep(buffer, got);
        break;
      case Fault::damages_last_byte:
        buffer[got.bytes - 1] ^= std::byte{1};
        break;
      case Fault::damages_header:
        buffer[7] ^= std::byte{64};
        break;
      case Fault::swaps:
        keep(buffer, got);
        return good_.get(buffer, deadline);
      case Fault::cuts:
        --got.bytes;
        break;
    }
    return got;
  }
  void close() { good_.close(); }
  void flush() { good_.flush(); }
  std::size_t size() const { return good_.size(); }

 private:
  void keep(std::span<std::byte> buffer, Got got) {
    given_back_.emplace(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(got.bytes));
  }

  queue::MpmcRingQueue good_;
  posix::Shared<std::atomic<std::uint64_t>> gets_;
  std::optional<std::vector<std::byte>> given_back_;  // this process's own
};

template <Fault fault>
struct Mechanism {
  using Type = Faulty<fault>;
};

/// Why the launch failed; "" when it was proven.
template <Fault fault>
std::string verdict(std::uint64_t bytes, Sides sides) {
  Candidate candidate;
  candidate.cell = {"queue", "traffic", "faulty", bytes, sides.producers + sides.consumers, {}};
  candidate.make = [&] { return std::make_unique<Traffic<Mechanism<fault>>>(candidate.cell, sides); };
  try {
    Launch launch(candidate, 3000, kLimit);
    launch.run();
    return "";
  } catch (const LaunchFailed& failed) {
    return failed.what();
  }
}

TEST(QueueTraffic, proves_a_queue_that_keeps_the_contract_between_any_sides) {
  for (const std::uint64_t bytes : {8, 64, 4096})
    for (const Sides sides : {Sides{1, 1}, Sides{3, 1}, Sides{1, 3}, Sides{2, 2}})
      EXPECT_EQ(verdict<Fault::none>(bytes, sides), "")
          << bytes << " bytes, " << sides.producers << " to " << sides.consumers;
}

TEST(QueueTraffic, a_lost_item_is_noticed) {
  EXPECT_THAT(verdict<Fault::loses>(8, {1, 1}), testing::HasSubstr("was due"));
  EXPECT_THAT(verdict<Fault::loses>(64, {3, 1}), testing::HasSubstr("was due"));
  EXPECT_THAT(verdict<Fault::loses>(64, {1, 3}), testing::HasSubstr("were put and"));
}

TEST(QueueTraffic, an_item_that_comes_twice_is_noticed) {
  EXPECT_THAT(verdict<Fault::doubles>(8, {1, 1}), testing::HasSubstr("was due"));
  EXPECT_THAT(verdict<Fault::doubles>(64, {2, 2}), testing::HasSubstr("or a later one was due"));
}

TEST(QueueTraffic, a_damaged_item_is_noticed) {
  EXPECT_THAT(verdict<Fault::damages_last_byte>(64, {1, 1}), testing::HasSubstr("is damaged"));
  EXPECT_THAT(verdict<Fault::damages_last_byte>(4096, {1, 3}), testing::HasSubstr("is damaged"));
  EXPECT_THAT(verdict<Fault::damages_header>(8, {1, 1}), testing::HasSubstr("whom there is not"));
  EXPECT_THAT(verdict<Fault::cuts>(512, {1, 1}), testing::HasSubstr("came with 511"));
}

TEST(QueueTraffic, items_out_of_order_are_noticed) {
  EXPECT_THAT(verdict<Fault::swaps>(64, {1, 1}), testing::HasSubstr("was due"));
  EXPECT_THAT(verdict<Fault::swaps>(64, {1, 3}), testing::HasSubstr("or a later one was due"));
}

TEST(Room, every_word_of_an_item_depends_on_its_header_and_place) {
  Room room(4096);
  const Word header = header_of(3, 5);
  room.write(header, hash(header));
  EXPECT_EQ(room.header(), header);
  for (std::size_t at = 8; at < 4096; at += 501) {
    room.write(header, hash(header));
    room.item()[at] ^= std::byte{4};
    EXPECT_FALSE(room.is_whole(hash(header))) << "byte " << at;
  }
  room.write(header, hash(header));
  EXPECT_TRUE(room.is_whole(hash(header)));
}

}  // namespace
}  // namespace shmoo::bench::traffic
