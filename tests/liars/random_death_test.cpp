// Launches of real mechanisms in which a random member is killed or stopped at a random moment: each ends by
// its deadline, and says who it was.
#include <signal.h>
#include <sys/syscall.h>

#include <functional>
#include <random>
#include <thread>

#include "liars/lie.hpp"
#include "posix/rest.hpp"
#include "posix/server_process.hpp"
#include "share/queue/feeder.hpp"
#include "share/queue/manager.hpp"
#include "share/queue/mpmc_ring.hpp"
#include "share/queue/pipe.hpp"
#include "share/queue/spsc_ring.hpp"
#include "share/value/atomic.hpp"
#include "share/value/futex.hpp"
#include "share/value/mutex.hpp"
#include "share/value/robust.hpp"
#include "workloads/queue_round_trip.hpp"
#include "workloads/value_increment.hpp"

namespace shmoo::test {
namespace {

using namespace std::chrono_literals;

struct Subject {
  const char* name;
  int procs;
  std::function<std::unique_ptr<bench::Job>(int procs)> make;
};

template <class M>
Subject value(const char* name) {
  return {name, 3, [](int procs) { return std::make_unique<bench::values::Increment<M>>(procs); }};
}
template <class M>
Subject queue(const char* name) {
  return {name, 2,
          [](int procs) { return std::make_unique<bench::traffic::RoundTrip<M>>(cell_of(64, procs)); }};
}

const std::vector<Subject>& subjects() {
  static const std::vector<Subject> all{
      value<shmoo::value::Atomic>("atomic"),   value<shmoo::value::Mutex>("mutex"),
      value<shmoo::value::Robust>("robust"),   value<shmoo::value::Futex>("futex"),
      queue<shmoo::queue::Pipe>("pipe"),       queue<shmoo::queue::Feeder>("feeder"),
      queue<shmoo::queue::SpscRing>("spsc"),   queue<shmoo::queue::MpmcRing>("mpmc"),
      queue<shmoo::queue::Manager>("manager"),
  };
  return all;
}

struct Attack {
  int signal;
  int victim;
  std::chrono::microseconds after;  // the first process was forked
};

/// @return why the launch failed; "" when it was done before, or the victim was.
std::string attacked(const Subject& subject, const Attack& attack, posix::Nanoseconds limit) {
  const auto job = subject.make(subject.procs);
  bench::TeamPlan plan;
  plan.procs = subject.procs;
  plan.operations = 3'000'000;  // far longer than any attack takes to come
  plan.warm_up = 3000;
  plan.limit = limit;
  bench::Team team(*job, plan);
  // Not by its number, which may be another's by then.
  const posix::Fd victim = posix::watch_process(team.pid(attack.victim));
  std::thread attacker([&] {
    posix::nap(attack.after);
    ::syscall(SYS_pidfd_send_signal, victim.get(), attack.signal, nullptr, 0);
  });
  std::string reason;
  try {
    team.gather();
    team.run();
  } catch (const bench::LaunchFailed& failed) {
    reason = failed.what();
  }
  attacker.join();
  return reason;
}

/// `launches` attacks with one signal, over all subjects in turn.
void attack_all(int signal, int launches, posix::Nanoseconds limit, const char* named) {
  posix::become_subreaper();
  std::mt19937 random(signal);
  int struck = 0;
  for (int launch = 0; launch < launches; ++launch) {
    const Subject& subject = subjects()[static_cast<std::size_t>(launch) % subjects().size()];
    const Attack attack{signal, static_cast<int>(random() % static_cast<unsigned>(subject.procs)),
                        std::chrono::microseconds(random() % 20'000)};
    const std::string reason = attacked(subject, attack, limit);
    if (reason.empty()) continue;
    ++struck;
    EXPECT_THAT(reason, testing::HasSubstr("member " + std::to_string(attack.victim) + " " + named))
        << subject.name << ", attacked after " << attack.after.count() << " us";
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a process is left behind";
    EXPECT_EQ(errno, ECHILD);
  }
  EXPECT_GT(struck, launches / 2) << "most attacks came too late to tell anything";
}

TEST(RandomDeath, of_a_killed_member_is_told_by_name) {
  attack_all(SIGKILL, 72, kPlenty, "died by SIGKILL");
}

TEST(RandomDeath, a_stopped_member_is_told_by_name_at_the_deadline) {
  attack_all(SIGSTOP, 9, kShort, "is stopped");
}

}  // namespace
}  // namespace shmoo::test
