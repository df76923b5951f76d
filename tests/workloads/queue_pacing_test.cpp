// The open loop: latencies count from when an item was due, and a rate that is not kept is no result.
#include "workloads/queue_pacing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/launch.hpp"
#include "posix/rest.hpp"

namespace shmoo::bench::traffic {
namespace {

constexpr posix::Nanoseconds kLimit = std::chrono::seconds(60);

constexpr posix::Nanoseconds kNap = std::chrono::microseconds(200);

enum class Fault { none, grows_slow, quick_then_slow, stalls_once, loses };

/// A queue that keeps the contract, but may be slow in the timed part, which begins after the warm-up's last
/// end mark. How slow is set by naps and told in multiples of what a put took before, so that the machine's
/// own speed decides nothing.
template <Fault fault>
class Slow {
 public:
  explicit Slow(const Shape& shape) : good_(shape) {}
  Put put(std::span<const std::byte> item, Deadline deadline) {
    Word header;
    std::memcpy(&header, item.data(), sizeof header);
    if (header == kEndMark) {
      ++marks_;
      return good_.put(item, deadline);
    }
    if (timed()) {
      ++timed_;
      if (fault == Fault::grows_slow) posix::nap(10 * usual());
      if (fault == Fault::quick_then_slow) posix::nap(std::chrono::milliseconds(2));
      if (fault == Fault::stalls_once && timed_ == 3) posix::nap(50 * usual());
      if (fault == Fault::loses && timed_ == 3) return Put::ok;
    }
    // An item per quarter of a millisecond, so that few items make a schedule that can be judged.
    const std::int64_t start = posix::monotonic_ns();
    if (fault != Fault::quick_then_slow) posix::nap(kNap);
    if (!timed()) {
      took_ns_ += posix::monotonic_ns() - start;
      ++puts_;
    }
    return good_.put(item, deadline);
  }
  Got get(std::span<std::byte> buffer, Deadline deadline) { return good_.get(buffer, deadline); }
  void close() { good_.close(); }
  void flush() { good_.flush(); }
  std::size_t size() const { return good_.size(); }

 private:
  bool timed() const { return marks_ == kStreams; }
  posix::Nanoseconds usual() const { return posix::Nanoseconds(took_ns_ / puts_); }

  queue::MpmcRingQueue good_;
  // The sender's own.
  int marks_ = 0;
  int timed_ = 0;
  std::int64_t took_ns_ = 0;
  std::int64_t puts_ = 0;
};

template <Fault fault>
struct Mechanism {
  static constexpr About about{.name = "slow", .summary = "", .peer_death = ""};
  using Type = Slow<fault>;
};

template <Fault fault>
Sample launched(std::uint64_t items) {
  Candidate candidate;
  candidate.cell = {"queue", "paced", "slow", 64, 2, {{"load", "50"}}};
  candidate.make = [&] { return std::make_unique<Paced<Mechanism<fault>>>(candidate.cell); };
  Launch launch(candidate, items, kLimit);
  return launch.run();
}

template <Fault fault>
std::string verdict(std::uint64_t items) {
  try {
    launched<fault>(items);
    return "";
  } catch (const LaunchFailed& failed) {
    return failed.what();
  }
}

/// A launch that kept its rate. Where other programs hold the sender up for the last quarter of its schedule
/// it rightly does not: then once more.
template <Fault fault>
Latencies latencies_of(std::uint64_t items) {
  for (int left = 50;; --left) {
    try {
      return launched<fault>(items).outcome.latencies;
    } catch (const LaunchFailed& failed) {
      if (left == 0 || !std::string_view(failed.what()).starts_with(bench::kMissedRate)) throw;
    }
  }
}

TEST(QueuePacing, every_item_has_a_latency) {
  const Latencies latencies = latencies_of<Fault::none>(60);
  EXPECT_EQ(latencies.count, 60u);
  EXPECT_GT(latencies.mean_ns, 0);
  EXPECT_LE(latencies.mean_ns, latencies.max_ns);
}

TEST(QueuePacing, a_stall_counts_for_all_items_that_were_due_meanwhile) {
  const Latencies latencies = latencies_of<Fault::stalls_once>(200);
  // The backlog of 25 items takes another 25 to go: far more than one item in ten has waited for a good part
  // of the stall, which is as long as 50 puts, each with its nap.
  EXPECT_GT(*latencies.p90_ns, 10 * std::chrono::nanoseconds(kNap).count());
}

TEST(QueuePacing, a_rate_that_is_never_reached_is_a_failure) {
  EXPECT_THAT(verdict<Fault::grows_slow>(60), testing::StartsWith(std::string(bench::kMissedRate)));
}

TEST(QueuePacing, too_short_a_schedule_is_not_judged) {
  EXPECT_EQ(verdict<Fault::quick_then_slow>(2), "");
}

TEST(QueuePacing, a_lost_item_is_noticed) {
  EXPECT_THAT(verdict<Fault::loses>(60), testing::HasSubstr("was due"));
}

TEST(QueuePacing, the_second_slowest_quarter_makes_the_interval) {
  Arrivals arrivals;
  Ticks now = 1000;
  for (int item = 0; item < 16 * 40 + 1; ++item) {
    arrivals.add(now);
    const int quarter = item / 160;
    now += quarter == 0 ? 10 : quarter == 1 ? 5000 : quarter == 2 ? 30 : 20;
  }
  EXPECT_NEAR(arrivals.interval(), 30, 1e-9);
  arrivals.restart();
  for (int item = 0; item < 5; ++item) arrivals.add(now += 7);
  EXPECT_NEAR(arrivals.interval(), 7, 1e-9);
}

}  // namespace
}  // namespace shmoo::bench::traffic
