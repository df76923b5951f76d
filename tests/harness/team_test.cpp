#include "harness/team.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <functional>

#include "posix/event_fd.hpp"
#include "posix/poll.hpp"

namespace shmoo::bench {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// A job made of a function, with room that all members share.
class TestJob final : public Job {
 public:
  using Work = std::function<void(Member&, const Phase&)>;
  explicit TestJob(Work work) : work_(std::move(work)) {}
  void work(Member& member, const Phase& phase) override { work_(member, phase); }
  void settle(Member& member) override {
    if (settle_) settle_(member);
  }
  std::optional<std::string> verify(std::span<const MemberReport>) override { return std::nullopt; }

  struct Room {
    std::atomic<std::uint64_t> warm{0};
    std::atomic<std::uint64_t> timed{0};
    std::atomic<int> pid{0};
  };
  posix::Shared<Room> room{0};
  std::function<void(Member&)> settle_;

 private:
  Work work_;
};

TeamPlan plan(int procs, std::uint64_t operations = 100) {
  TeamPlan made;
  made.procs = procs;
  made.operations = operations;
  made.warm_up = static_cast<std::uint64_t>(procs);
  made.limit = seconds(30);
  return made;
}

std::string failure_of(Job& job, const TeamPlan& how) {
  try {
    Team team(job, how);
    team.gather();
    team.run();
  } catch (const LaunchFailed& failed) {
    return failed.what();
  }
  return "";
}

TEST(Team, the_shares_of_all_members_add_up_to_the_whole) {
  TestJob job([&job](Member& member, const Phase& phase) {
    (phase.timed ? job.room->timed : job.room->warm).fetch_add(phase.share);
    if (phase.first != (phase.timed ? 1u : 0u))
      member.fail("the timed part does not go on where the warm-up ended");
  });
  Team team(job, plan(3, 100));
  team.gather();
  const Outcome outcome = team.run();
  EXPECT_EQ(job.room->timed, 100u);
  EXPECT_EQ(job.room->warm, 3u);
  ASSERT_EQ(outcome.members.size(), 3u);
  EXPECT_EQ(outcome.members[0].operations, 34u);
  EXPECT_EQ(outcome.members[2].operations, 33u);
}

TEST(Team, nobody_starts_the_timed_part_before_the_gate_opens) {
  TestJob job([&job](Member&, const Phase& phase) {
    if (phase.timed) job.room->timed.fetch_add(1);
  });
  Team team(job, plan(2));
  team.gather();
  EXPECT_EQ(job.room->timed, 0u);
  team.run();
  EXPECT_EQ(job.room->timed, 2u);
}

TEST(Team, the_span_reaches_from_the_first_start_to_the_last_finish) {
  TestJob job([](Member&, const Phase&) {});
  Team team(job, plan(4));
  team.gather();
  const Outcome outcome = team.run();
  std::int64_t first = outcome.members[0].start_ns;
  std::int64_t last = 0;
  for (const MemberReport& member : outcome.members) {
    first = std::min(first, member.start_ns);
    last = std::max(last, member.finish_ns);
  }
  EXPECT_EQ(outcome.span_ns, last - first);
  EXPECT_GE(outcome.span_ns, 0);
}

TEST(Team, a_member_may_say_what_its_work_took) {
  TestJob job([](Member& member, const Phase&) { member.took(1000 * (member.index() + 1)); });
  Team team(job, plan(2));
  team.gather();
  EXPECT_EQ(team.run().span_ns, 2000);
}

TEST(Team, what_competing_members_say_they_did_makes_the_least_share) {
  TestJob job([](Member& member, const Phase&) { member.did(member.index() == 0 ? 0 : 50); });
  Team team(job, plan(2));
  team.gather();
  EXPECT_EQ(team.run().least_share, 0);
}

TEST(Team, latencies_of_all_members_are_merged) {
  TestJob job([](Member& member, const Phase& phase) {
    // Written by hand: 1000 of each member, the second one's ten times as long; the warm-up does not count.
    for (int i = 0; i < 1000; ++i)
      member.stopwatch().record(static_cast<Stopwatch::Ticks>(
          member.stopwatch().clock().ticks(phase.timed ? (member.index() + 1) * 10'000 - 9'000 : 1)));
  });
  Team team(job, plan(2));
  team.gather();
  const Latencies latencies = team.run().latencies;
  EXPECT_EQ(latencies.count, 2000u);
  EXPECT_NEAR(*latencies.p50_ns, 1000, 20);
  EXPECT_NEAR(*latencies.p90_ns, 11'000, 220);
  EXPECT_NEAR(latencies.mean_ns, 6000, 60);
  EXPECT_NEAR(latencies.max_ns, 11'000, 110);
  EXPECT_TRUE(latencies.p99_ns);
  EXPECT_FALSE(latencies.p999_ns);
}

TEST(Team, work_that_times_nothing_has_no_latencies) {
  TestJob job([](Member&, const Phase&) {});
  Team team(job, plan(2));
  team.gather();
  EXPECT_EQ(team.run().latencies.count, 0u);
}

TEST(Team, latencies_can_be_switched_off) {
  TestJob job([](Member& member, const Phase& phase) {
    member.stopwatch().each(phase.share, [] { ::usleep(100); });
  });
  for (const bool on : {true, false}) {
    TeamPlan how = plan(1, 20);
    how.latencies = on;
    Team team(job, how);
    team.gather();
    EXPECT_EQ(team.run().latencies.count, on ? 20u : 0u);
  }
}

TEST(Team, a_member_that_fails_its_check_is_named_with_its_reason) {
  TestJob job([](Member& member, const Phase& phase) {
    if (phase.timed && member.index() == 1) member.fail("item 7 came twice");
  });
  EXPECT_EQ(failure_of(job, plan(2)), "member 1: item 7 came twice");
}

TEST(Team, a_member_that_throws_is_named_with_the_text) {
  TestJob job([](Member&, const Phase&) { throw std::runtime_error("no room left"); });
  EXPECT_THAT(failure_of(job, plan(1)), HasSubstr("member 0: no room left"));
}

TEST(Team, a_killed_member_is_named_with_its_signal_and_the_others_do_not_hang) {
  TestJob job([](Member& member, const Phase& phase) {
    if (!phase.timed) return;
    if (member.index() == 1) ::raise(SIGKILL);
    ::pause();
  });
  EXPECT_EQ(failure_of(job, plan(3)), "member 1 died by SIGKILL while working");
}

TEST(Team, a_member_that_leaves_in_silence_before_its_work_is_done_is_named) {
  TestJob timed([](Member& member, const Phase& phase) {
    if (phase.timed && member.index() == 1) ::_exit(0);
  });
  EXPECT_EQ(failure_of(timed, plan(2)), "member 1 left in silence (exited with 0) while working");
  TestJob warm_up([](Member&, const Phase&) { ::_exit(0); });
  EXPECT_EQ(failure_of(warm_up, plan(1)), "member 0 left in silence (exited with 0) while warming up");
}

TEST(Team, a_member_killed_from_outside_at_the_gate_is_named) {
  TestJob job([](Member&, const Phase&) {});
  Team team(job, plan(2));
  team.gather();
  ::kill(team.pid(0), SIGKILL);
  try {
    team.run();
    FAIL() << "the launch should have failed";
  } catch (const LaunchFailed& failed) {
    EXPECT_THAT(failed.what(), HasSubstr("member 0 died by SIGKILL"));
  }
}

TEST(Team, a_member_that_never_ends_meets_the_deadline_and_is_named) {
  TestJob job([](Member& member, const Phase& phase) {
    if (phase.timed && member.index() == 1)
      for (;;) ::pause();
  });
  TeamPlan how = plan(2);
  how.limit = std::chrono::milliseconds(300);
  EXPECT_THAT(failure_of(job, how), AllOf(HasSubstr("deadline of 300 ms"), HasSubstr("member 1 is working")));
}

TEST(Team, a_stopped_member_meets_the_deadline_too) {
  TestJob job([](Member& member, const Phase&) {
    if (member.index() == 0) ::raise(SIGSTOP);
  });
  TeamPlan how = plan(2);
  how.limit = std::chrono::milliseconds(300);
  EXPECT_THAT(failure_of(job, how), HasSubstr("member 0 is stopped while warming up"));
}

TEST(Team, leaves_no_process_behind_not_even_a_grandchild) {
  posix::become_subreaper();
  TestJob job([&job](Member&, const Phase& phase) {
    if (!phase.timed) return;
    const pid_t grandchild = ::fork();
    if (grandchild == 0)
      for (;;) ::pause();
    job.room->pid = grandchild;
  });
  {
    Team team(job, plan(1));
    team.gather();
    team.run();
    ASSERT_NE(job.room->pid, 0);
    EXPECT_EQ(::kill(job.room->pid, 0), 0);
  }
  EXPECT_EQ(::kill(job.room->pid, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST(Team, dies_with_its_parent) {
  // A pipe's write end that every member holds: it is at its end when the last of them is gone.
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const posix::EventFd started;
  posix::Child parent([&] {
    TestJob job([](Member&, const Phase& phase) {
      if (phase.timed)
        for (;;) ::pause();
    });
    Team team(job, plan(3));
    team.gather();
    started.signal();
    team.run();
  });
  ::close(ends[1]);
  const int watched[] = {started.fd()};
  posix::wait_readable(watched, posix::Deadline::in(seconds(30)));
  parent.kill();
  ASSERT_TRUE(parent.join(posix::Deadline::in(seconds(30))));
  const int end[] = {ends[0]};
  posix::wait_readable(end, posix::Deadline::in(seconds(30)));
  char byte;
  EXPECT_EQ(::read(ends[0], &byte, 1), 0) << "a member still holds the pipe";
  ::close(ends[0]);
}

}  // namespace
}  // namespace shmoo::bench
