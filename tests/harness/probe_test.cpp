// Floors: every probe yields a figure from real processes, and gives up on a party that does not come.
#include <gtest/gtest.h>

#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "harness/axes.hpp"
#include "harness/companions.hpp"
#include "harness/launch.hpp"
#include "harness/opaque.hpp"
#include "harness/probe.hpp"
#include "harness/seats.hpp"
#include "posix/affinity.hpp"
#include "posix/clock.hpp"
#include "support/processes.hpp"
#include "sync/patience.hpp"

namespace shmoo::bench {
namespace {

constexpr Floor kAll[] = {Floor::cache_line, Floor::block_stream, Floor::copy,        Floor::fetch_add,
                          Floor::syscall,    Floor::futex,        Floor::yield,       Floor::pipe,
                          Floor::fork,       Floor::page_fault,   Floor::echo_socket, Floor::echo_tcp,
                          Floor::echo_shm};

class EachProbe : public testing::TestWithParam<Floor> {};

INSTANTIATE_TEST_SUITE_P(Probe, EachProbe, testing::ValuesIn(kAll),
                         [](const auto& one) { return std::string(name(one.param)); });

/// What party 0 found, by as many processes as take part; NaN when one of them was held up for too long.
double found_once(Floor floor, std::uint64_t bytes, int count, bool repeat) {
  const auto probe = make_probe(floor, bytes, count);
  const posix::Shared<double> result(0, 0.0);
  test::run_processes(count, [&](int party) {
    posix::prefault_shared_mappings();
    for (int time = 0; time < 2; ++time) {
      const double ns = repeat ? probe->repeat(party, 1000) : probe->measure(party, kProbeBudget);
      if (party == 0) *result = ns;
    }
  });
  return *result;
}

/// The same, given several chances: the machine may be busy.
double found(Floor floor, std::uint64_t bytes, int count, bool repeat) {
  double ns = 0;
  for (int chance = 0; chance < 5 && !(ns > 0); ++chance) ns = found_once(floor, bytes, count, repeat);
  return ns;
}

TEST_P(EachProbe, yields_a_figure_before_and_after) {
  for (const std::uint64_t bytes : {8, 4096, 1 << 20}) {
    const double ns = found(GetParam(), bytes, std::max(1, parties(GetParam(), 2, 2)), false);
    EXPECT_GT(ns, 0);
    EXPECT_TRUE(std::isfinite(ns));
  }
}

TEST_P(EachProbe, yields_a_figure_as_a_cell_of_its_own) {
  EXPECT_GT(found(GetParam(), 64, std::max(1, parties(GetParam(), 2, 2)), true), 0);
}

TEST_P(EachProbe, does_not_know_when_nobody_else_comes) {
  const int count = parties(GetParam(), 2, 2);
  if (count < 2) GTEST_SKIP() << "one party";
  const auto probe = make_probe(GetParam(), 64, count);
  EXPECT_TRUE(std::isnan(probe->measure(0, kProbeBudget)));
  // Called to the burst that party 0 gave up, and alone in it. A pipe's reader waits in the kernel, for its
  // team's deadline.
  if (GetParam() != Floor::pipe) {
    EXPECT_TRUE(std::isnan(probe->measure(1, kProbeBudget)));
  }
}

TEST(Probes, know_how_many_take_part) {
  EXPECT_EQ(parties(Floor::cache_line, 8, 4), 2);
  EXPECT_EQ(parties(Floor::cache_line, 8, 1), 0);
  EXPECT_EQ(parties(Floor::cache_line, 1, 4), 0);
  EXPECT_EQ(parties(Floor::fetch_add, 8, 4), 4);
  EXPECT_EQ(parties(Floor::futex, 2, 1), 2);
  EXPECT_EQ(parties(Floor::copy, 2, 1), 1);
  for (const Floor echo : {Floor::echo_socket, Floor::echo_tcp, Floor::echo_shm})
    EXPECT_EQ(parties(echo, 8, 2), 8);
  EXPECT_EQ(parties(Floor::none, 2, 2), 0);
}

/// The children of this process, zombies too.
std::vector<pid_t> children() {
  std::ifstream file("/proc/thread-self/children");
  return {std::istream_iterator<pid_t>(file), {}};
}

class Echo : public testing::TestWithParam<Floor> {};

INSTANTIATE_TEST_SUITE_P(Probe, Echo, testing::Values(Floor::echo_socket, Floor::echo_tcp, Floor::echo_shm),
                         [](const auto& one) { return std::string(name(one.param)); });

TEST_P(Echo, serves_many_clients_and_payloads_that_no_buffer_on_the_way_holds) {
  for (const std::uint64_t bytes : {0, 64, 256 << 10})
    EXPECT_GT(found(GetParam(), bytes, 7, false), 0) << bytes;
}

TEST_P(Echo, serves_a_team_that_may_spin) {
  const sync::Patience before = std::exchange(sync::patience(), {1000, 0});
  for (const int clients : {1, 2, 5})
    for (const std::uint64_t bytes : {0, 4096})
      EXPECT_GT(found(GetParam(), bytes, clients, false), 0) << clients;
  sync::patience() = before;
}

TEST_P(Echo, takes_longer_for_more_bytes) {
  // So many bytes are more than any disturbance makes of a best burst.
  EXPECT_GT(found(GetParam(), 256 << 10, 1, false), found(GetParam(), 0, 1, false));
}

TEST_P(Echo, its_servers_end_with_the_probe_and_with_the_process_that_made_it) {
  ASSERT_TRUE(children().empty());
  {
    const auto probe = make_probe(GetParam(), 64, 3);
    EXPECT_FALSE(children().empty());
  }
  EXPECT_TRUE(children().empty());

  const posix::Shared<std::atomic<pid_t>> server(0, 0);
  posix::Child owner([&] {
    const auto probe = make_probe(GetParam(), 64, 1);
    *server = children().at(0);
    for (;;) ::pause();
  });
  test::wait_until([&] { return *server != 0; }, "an echo server");
  owner.kill();
  ASSERT_TRUE(owner.join(test::patience()));
  test::wait_until([&] { return ::kill(*server, 0) != 0; }, "the end of the echo server");
}

/// 'S' = asleep, as in proc(5).
char state_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::size_t name_end = text.rfind(')');
  return name_end + 2 < text.size() ? text[name_end + 2] : '?';
}

TEST_P(Echo, its_servers_sleep_between_probes) {
  const auto probe = make_probe(GetParam(), 64, 1);
  for (int time = 0; time < 3; ++time) {
    EXPECT_GT(probe->measure(0, kProbeBudget), 0);
    for (const pid_t server : children())
      test::wait_until([&] { return state_of(server) == 'S'; }, "a server that sleeps");
  }
}

TEST_P(Echo, is_unknown_once_its_server_has_died) {
  const auto probe = make_probe(GetParam(), 64, 1);
  EXPECT_GT(probe->measure(0, kProbeBudget), 0);
  for (const pid_t server : children()) ::kill(server, SIGKILL);
  EXPECT_TRUE(std::isnan(probe->measure(0, kProbeBudget)));
  EXPECT_TRUE(std::isnan(probe->measure(0, kProbeBudget)));
}

/// Each member adds to a number of its own.
class Adding final : public Job {
 public:
  void work(Member&, const Phase& phase) override {
    for (std::uint64_t left = phase.share; left > 0; --left) asm volatile("" ::: "memory");
  }
  std::optional<std::string> verify(std::span<const MemberReport>) override { return std::nullopt; }
};

Candidate adding(int procs, std::vector<Axis> variant = {}) {
  Candidate candidate;
  candidate.cell = {"value", "adding", "none", 8, procs, std::move(variant)};
  candidate.make = [] { return std::make_unique<Adding>(); };
  return candidate;
}

Workload bounded_by(Floor floor, double times = 1) {
  Workload workload;
  workload.bound = [=](const Candidate&, int) { return Bound{floor, 8, times}; };
  return workload;
}

TEST(Floors, stand_beside_a_sample) {
  for (const Floor floor : kAll)
    for (const int procs : {1, 2, 5}) {
      const Candidate candidate = adding(procs);
      const int width = seats_of(candidate.cell).width;
      const bool possible = parties(floor, procs, width) > 0;
      const bool line = procs > 1 && width > 1;
      // On a busy machine a party may be held up for so long that not knowing is right; not every time.
      Sample sample;
      for (int launch = 0; launch < 5; ++launch) {
        sample = Launch(bounded_by(floor), candidate, 100, LaunchOptions()).run();
        if ((sample.floor.floor_ns > 0) == possible && (sample.floor.line_ns > 0) == line) break;
      }
      EXPECT_EQ(sample.floor.floor, possible ? floor : Floor::none) << name(floor) << " of " << procs;
      EXPECT_EQ(sample.floor.floor_ns > 0, possible) << name(floor) << " of " << procs;
      EXPECT_EQ(sample.floor.line_ns > 0, line);
    }
}

TEST(Floors, are_as_many_probes_as_the_bound_says) {
  const Candidate one = adding(1);
  const auto floor = [&](double times) {
    return Launch(bounded_by(Floor::syscall, times), one, 100, LaunchOptions()).run().floor.floor_ns;
  };
  // A thousandfold is more than any disturbance makes of a system call's best burst.
  EXPECT_GT(floor(1000), floor(1));
}

TEST(Floors, can_be_left_out) {
  LaunchOptions options;
  options.floors = false;
  const Sample sample = Launch(bounded_by(Floor::syscall), adding(2), 100, options).run();
  EXPECT_EQ(sample.floor.floor, Floor::none);
  EXPECT_EQ(sample.floor.line_ns, 0);
}

TEST(Companions, run_only_when_nobody_else_wants_the_cpu_and_end_with_their_owner) {
  std::vector<pid_t> pids;
  {
    const Companions companions(posix::allowed_cpus());
    pids = companions.pids();
    ASSERT_EQ(pids.size(), posix::allowed_cpus().size());
    for (const pid_t pid : pids)
      test::wait_until([pid] { return ::sched_getscheduler(pid) == SCHED_IDLE; },
                       "a companion of the idle class");
  }
  for (const pid_t pid : pids) EXPECT_NE(::kill(pid, 0), 0);
}

TEST(Companions, end_when_their_owner_is_killed) {
  const posix::Shared<std::atomic<pid_t>> pid(0, 0);
  posix::Child owner([&] {
    const Companions companions({posix::allowed_cpus().front()});
    *pid = companions.pids().front();
    for (;;) ::pause();
  });
  test::wait_until([&] { return *pid != 0; }, "companions");
  owner.kill();
  ASSERT_TRUE(owner.join(test::patience()));
  // An orphan: somebody else reaps it, so a zombie may be seen for a moment.
  test::wait_until([&] { return ::kill(*pid, 0) != 0; }, "the end of the companion");
}

TEST(Axes, name_what_is_not_usual) {
  const Workload workload;
  const std::vector<Selected> one{{&workload, adding(2)}};
  EXPECT_EQ(expand(one, {}).front().candidate.cell.name(), "value/adding/none/bytes:8/procs:2");
  const auto several = expand(one, {{"auto", "same_cpu"}, {"adaptive", "block"}});
  ASSERT_EQ(several.size(), 4u);
  EXPECT_EQ(several[3].candidate.cell.name(), "value/adding/none/bytes:8/procs:2/place:same_cpu/wait:block");
}

TEST(Axes, refuse_what_is_impossible_and_say_why) {
  const Workload workload;
  std::vector<Selected> one{{&workload, adding(2)}};
  EXPECT_EQ(expand(one, {{"auto"}, {"block"}}).front().candidate.refusal,
            "this mechanism has no choice of how to wait");
  one.front().candidate.about.patient = true;
  EXPECT_EQ(expand(one, {{"auto"}, {"block"}}).front().candidate.refusal, "");
  EXPECT_EQ(expand(one, {{"same_cpu"}, {"spin"}}).front().candidate.refusal,
            "spinners that share a CPU take a scheduler slice per hand-over");
  one.front().candidate.cell.procs = 1;
  EXPECT_NE(expand(one, {{"far"}, {"adaptive"}}).front().candidate.refusal, "");
}

/// Counts its operations through the stopwatch.
class Resting final : public Job {
 public:
  void work(Member& member, const Phase& phase) override {
    member.stopwatch().each(phase.share, [] { next_operation(); });
  }
  std::optional<std::string> verify(std::span<const MemberReport>) override { return std::nullopt; }
};

TEST(Axes, let_a_team_rest_before_each_operation) {
  Workload workload;
  std::vector<Selected> one{{&workload, adding(1)}};
  one.front().candidate.make = [] { return std::make_unique<Resting>(); };
  EXPECT_NE(expand(one, {{"auto"}, {"adaptive"}, {"1ms"}}).front().candidate.refusal, "");
  workload.rests = true;
  const Selected cold = expand(one, {{"auto"}, {"adaptive"}, {"5ms"}}).front();
  EXPECT_EQ(cold.candidate.cell.name(), "value/adding/none/bytes:8/procs:1/idle:5ms");
  const std::int64_t start = posix::monotonic_ns();
  const Sample sample = Launch(workload, cold.candidate, 40, LaunchOptions()).run();
  // Forty rests passed, and are no part of what the operations took.
  EXPECT_GE(posix::monotonic_ns() - start, 40 * 5'000'000);
  EXPECT_EQ(sample.outcome.latencies.count, 40u);
  EXPECT_LE(sample.ns_per_operation(), static_cast<double>(posix::monotonic_ns() - start) / 40 - 5'000'000);
}

TEST(Axes, are_checked_by_name) {
  EXPECT_NO_THROW(check(Axes{{"auto", "smt", "unpinned"}, {"spin", "yield"}}));
  EXPECT_THROW(check(Axes{{"near"}, {"spin"}}), std::invalid_argument);
  EXPECT_THROW(check(Axes{{"auto"}, {"sleep"}}), std::invalid_argument);
  EXPECT_NO_THROW(check(Axes{{"auto"}, {"spin"}, {"0", "1ms", "100ms"}}));
  for (const char* wrong : {"", "1", "-1ms", "2s", "soon"})
    EXPECT_THROW(check(Axes{{"auto"}, {"spin"}, {wrong}}), std::invalid_argument) << wrong;
}

TEST(Axes, put_a_team_on_one_cpu) {
  const Sample sample = Launch(Workload(), adding(3, {{"place", "same_cpu"}}), 300, LaunchOptions()).run();
  EXPECT_EQ(sample.nearness, "same_cpu");
  EXPECT_TRUE(sample.oversubscribed);
}

}  // namespace
}  // namespace shmoo::bench
