// Mechanisms that give one process almost nothing, and processes that only lack a CPU.
#include "harness/starvation.hpp"

#include "liars/lie.hpp"
#include "posix/affinity.hpp"
#include "posix/presence.hpp"
#include "posix/rest.hpp"
#include "share/value/atomic.hpp"
#include "workloads/queue_traffic.hpp"
#include "workloads/value_increment.hpp"

namespace shmoo::test {
namespace {

using bench::MemberReport;
using bench::starved;
using testing::HasSubstr;

constexpr std::int64_t kMs = 1'000'000;

MemberReport report(std::uint64_t operations, std::int64_t present_ns) {
  MemberReport made;
  made.operations = operations;
  made.present_ns = present_ns;
  return made;
}

TEST(Starvation, a_twentieth_of_the_others_rate_is_too_little) {
  const MemberReport team[] = {report(100'000, 20 * kMs), report(100'000, 20 * kMs), report(300, 20 * kMs)};
  EXPECT_EQ(starved(team), "member 2 had 0.3 % of its fair share");
  const MemberReport uneven[] = {report(100'000, 20 * kMs), report(100'000, 20 * kMs),
                                 report(6'000, 20 * kMs)};
  EXPECT_EQ(starved(uneven), std::nullopt);
}

TEST(Starvation, with_equal_shares_it_is_the_time_that_tells) {
  const MemberReport team[] = {report(2000, 100'000), report(2000, 500 * kMs)};
  EXPECT_EQ(starved(team), "member 1 had 0.02 % of its fair share");
}

TEST(Starvation, who_lacked_a_cpu_is_not_starved) {
  // It did as much as the others in the little time that it had.
  const MemberReport slow[] = {report(100'000, 20 * kMs), report(500, kMs / 10)};
  EXPECT_EQ(starved(slow), std::nullopt);
  // It was there for too short a time to be judged.
  const MemberReport brief[] = {report(100'000, 20 * kMs), report(0, 2 * kMs)};
  EXPECT_EQ(starved(brief), std::nullopt);
  const MemberReport unknown[] = {report(100'000, 20 * kMs), report(0, 0)};
  EXPECT_EQ(starved(unknown), std::nullopt);
}

TEST(Starvation, who_waited_for_one_that_lacked_a_cpu_is_not_starved) {
  MemberReport holder = report(100'000, kMs);
  MemberReport waiter = report(100'000, 50 * kMs);
  waiter.finish_ns = 50 * kMs;
  EXPECT_EQ(starved(std::vector{holder, waiter}), "member 1 had 2 % of its fair share");
  MemberReport kept_off = holder;
  kept_off.finish_ns = 48 * kMs;
  EXPECT_EQ(starved(std::vector{kept_off, waiter}), std::nullopt);
  MemberReport late = holder;
  late.start_ns = 47 * kMs;
  late.finish_ns = 48 * kMs;
  EXPECT_EQ(starved(std::vector{late, waiter}), std::nullopt);
}

TEST(Starvation, producers_are_not_compared_with_consumers) {
  std::vector<MemberReport> team{report(100'000, 5 * kMs), report(100'000, 500 * kMs)};
  EXPECT_EQ(starved(team), "member 1 had 1 % of its fair share");
  team[1].side = 1;
  EXPECT_EQ(starved(team), std::nullopt);
  EXPECT_EQ(bench::least_share(team), 1);
}

TEST(Starvation, few_operations_may_fall_to_one_side_by_chance) {
  const MemberReport team[] = {report(900, 20 * kMs), report(0, 20 * kMs)};
  EXPECT_EQ(starved(team), std::nullopt);
}

TEST(Starvation, who_has_no_operations_of_its_own_is_not_compared) {
  MemberReport writer = report(0, 20 * kMs);
  writer.side = MemberReport::kNoSide;
  const MemberReport team[] = {writer, report(100'000, 20 * kMs), report(90'000, 20 * kMs)};
  EXPECT_EQ(starved(team), std::nullopt);
}

/// How many launches there are when the first `starving` of them starve a member.
int launches_until_fair(int starving) {
  int launches = 0;
  const int fair = bench::run_until_fair([&] {
    if (++launches <= starving) throw bench::Starved("starved: member 1");
    return launches;
  });
  EXPECT_EQ(fair, launches) << "the result is not that of the fair launch";
  return launches;
}

TEST(Starvation, is_believed_when_three_launches_in_a_row_show_it) {
  EXPECT_EQ(launches_until_fair(0), 1);
  EXPECT_EQ(launches_until_fair(1), 2);
  EXPECT_EQ(launches_until_fair(2), 3);
  EXPECT_THROW(launches_until_fair(3), bench::Starved);
}

TEST(Starvation, hides_no_other_failure_behind_another_try) {
  int launches = 0;
  const auto torn = [&]() -> int {
    ++launches;
    throw bench::LaunchFailed("a torn value");
  };
  EXPECT_THROW(bench::run_until_fair(torn), bench::LaunchFailed);
  EXPECT_EQ(launches, 1);
}

TEST(Presence, counts_sleep_as_presence_and_a_cpu_that_others_had_as_absence) {
  constexpr std::int64_t wall = 100 * kMs;
  EXPECT_EQ(posix::present_ns({0, 0, 0}, {10 * kMs, 20 * kMs, 5}, wall), 80 * kMs);
  // Who never slept was there only while on a CPU: the host may have taken the rest.
  EXPECT_EQ(posix::present_ns({0, 0, 5}, {10 * kMs, 20 * kMs, 5}, wall), 10 * kMs);
  EXPECT_EQ(posix::present_ns({0, 0, 0}, {0, 200 * kMs, 1}, wall), 1);
}

TEST(Presence, a_sleep_shows) {
  const auto before = posix::own_presence();
  if (!before) GTEST_SKIP() << "this kernel does not count delays";
  posix::nap(std::chrono::milliseconds(1));
  const auto after = posix::own_presence();
  ASSERT_TRUE(after);
  EXPECT_GT(after->sleeps, before->sleeps);
  EXPECT_GT(after->cpu_ns, before->cpu_ns);
  EXPECT_GE(after->delay_ns, before->delay_ns);
}

/// A number on a counter to which the last process that came has to wait before each call.
template <class T>
class Unfair {
 public:
  using value_type = T;
  explicit Unfair(T initial = T{}) : good_(initial) {}
  T get() { return good_.get(); }
  void add(T x) {
    if (place_ < 0) place_ = came_->fetch_add(1);
    if (place_ == 1) posix::nap(std::chrono::microseconds(300));
    good_.add(x);
  }

 private:
  value::AtomicValue<T> good_;
  posix::Shared<std::atomic<int>> came_{0, 0};
  int place_ = -1;  // a process's own
};
struct UnfairValue {
  static constexpr About about{.name = "unfair", .summary = "", .peer_death = ""};
  template <class T>
  static constexpr const char* refusal = nullptr;
  template <class T>
  using Of = Unfair<T>;
};

TEST(LyingValue, that_starves_a_process_fails_the_launch) {
  if (posix::allowed_cpus().size() < 2) GTEST_SKIP() << "who shares one CPU is not judged";
  if (!posix::own_presence()) GTEST_SKIP() << "this kernel does not count delays";
  EXPECT_THAT(
      verdict(cell_of(8, 2), 4000,
              [](const bench::Cell&) { return std::make_unique<bench::values::Increment<UnfairValue>>(2); }),
      testing::MatchesRegex("starved: member [01] had [0-9.e-]+ % of its fair share"));
}

/// A queue that lets the last consumer that came wait before each get.
class UnfairQueue {
 public:
  explicit UnfairQueue(const queue::Shape& shape) : good_(shape) {}
  queue::Put put(std::span<const std::byte> item, posix::Deadline deadline) {
    return good_.put(item, deadline);
  }
  queue::Got get(std::span<std::byte> buffer, posix::Deadline deadline) {
    if (place_ < 0) place_ = came_->fetch_add(1);
    if (place_ == 1) posix::nap(std::chrono::seconds(1));
    return good_.get(buffer, deadline);
  }
  void close() { good_.close(); }
  void flush() { good_.flush(); }
  std::size_t size() const { return good_.size(); }

 private:
  queue::MpmcRingQueue good_;
  posix::Shared<std::atomic<int>> came_{0, 0};
  int place_ = -1;  // a process's own
};
struct UnfairMechanism {
  using Type = UnfairQueue;
};

TEST(LyingQueue, that_starves_a_consumer_is_noticed) {
  if (!posix::own_presence()) GTEST_SKIP() << "this kernel does not count delays";
  // Judged here as if each had a CPU, so that two suffice for three processes.
  bench::traffic::Traffic<UnfairMechanism> job(cell_of(64, 3), {1, 2});
  bench::TeamPlan plan;
  plan.procs = 3;
  plan.operations = 6000;
  plan.warm_up = 300;
  plan.limit = kPlenty;
  bench::Team team(job, plan);
  team.gather();
  const bench::Outcome outcome = team.run();
  team.prove(outcome);
  EXPECT_THAT(starved(outcome.members).value_or("nobody"), testing::ContainsRegex("member [12] had"));
  EXPECT_LT(outcome.least_share, 0.2);
}

}  // namespace
}  // namespace shmoo::test
