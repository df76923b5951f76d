// Every kind of lock is held to what sync/lock.hpp promises.
#include "sync/lock.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "posix/affinity.hpp"
#include "support/processes.hpp"
#include "sync/boost_lock.hpp"
#include "sync/futex_lock.hpp"
#include "sync/mutex_lock.hpp"
#include "sync/patience.hpp"
#include "sync/robust_lock.hpp"
#include "sync/semaphore_lock.hpp"
#include "sync/spin_lock.hpp"

namespace shmoo::sync {
namespace {

using posix::Deadline;
using namespace std::chrono_literals;

struct Names {
  template <class L>
  static std::string GetName(int) {
    return std::string(L::name);
  }
};

template <class L>
class AnyLock : public testing::Test {
 protected:
  struct State {
    L lock;
    std::uint64_t counter = 0;
    std::uint64_t copy = 0;
  };

  void TearDown() override { patience().spins = 0; }

  /// A process that takes the lock, raises `held`, and keeps it until it is killed.
  posix::Child holder() {
    posix::Child child([this] {
      shared_->lock.lock();
      held_.raise();
      for (;;) ::pause();
    });
    held_.await("the holder");
    return child;
  }

  /// Both numbers always agree unless two processes are inside at the same time.
  void count(std::uint64_t times) {
    for (std::uint64_t i = 0; i < times; ++i) {
      const Guard guard(shared_->lock);
      test::require(shared_->counter == shared_->copy, "two owners at the same time");
      ++shared_->counter;
      if (i % 64 == 0) posix::yield();
      ++shared_->copy;
    }
  }

  posix::Shared<State> shared_{0};
  test::Flag held_;
};

using Kinds = testing::Types<MutexLock, RobustLock, FutexLock, SpinLock, SemaphoreLock, BoostLock>;
TYPED_TEST_SUITE(AnyLock, Kinds, Names);

TYPED_TEST(AnyLock, keeps_processes_apart_when_nobody_spins) {
  test::run_processes(4, [this](int) { this->count(5000); });
  EXPECT_EQ(this->shared_->counter, 4 * 5000u);
}

TYPED_TEST(AnyLock, keeps_processes_apart_when_all_spin_and_cpus_are_short) {
  patience().spins = 2000;
  const int procs = 2 * static_cast<int>(posix::allowed_cpus().size()) + 1;
  test::run_processes(procs, [this](int) { this->count(2000); });
  EXPECT_EQ(this->shared_->counter, static_cast<std::uint64_t>(procs) * 2000u);
}

TYPED_TEST(AnyLock, keeps_threads_apart) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back([this] { this->count(2000); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(this->shared_->counter, 3 * 2000u);
}

TYPED_TEST(AnyLock, is_recursive_and_free_only_after_as_many_unlocks) {
  auto& lock = this->shared_->lock;
  ASSERT_EQ(lock.lock(), Taken::taken);
  ASSERT_EQ(lock.lock(), Taken::taken);
  ASSERT_EQ(lock.lock(Deadline::now()), Taken::taken);
  for (int held = 3; held > 0; --held) {
    test::run_process(
        [&] { test::require(lock.lock(Deadline::now()) == Taken::timed_out, "another process took it"); });
    lock.unlock();
  }
  test::run_process([&] {
    test::require(lock.lock(Deadline::now()) == Taken::taken, "it is not free");
    lock.unlock();
  });
}

TYPED_TEST(AnyLock, held_at_fork_belongs_to_the_parent_alone) {
  auto& lock = this->shared_->lock;
  lock.lock();
  test::run_process([&] {
    test::require(lock.lock(Deadline::now()) == Taken::timed_out, "the child owns it as well");
    test::require(lock.lock(Deadline::in(1ms)) == Taken::timed_out, "the child owns it as well");
  });
  lock.unlock();
  EXPECT_EQ(lock.lock(Deadline::now()), Taken::taken);
  lock.unlock();
}

TYPED_TEST(AnyLock, is_handed_over_to_a_sleeper) {
  auto& lock = this->shared_->lock;
  lock.lock();
  test::Flag started;
  posix::Child sleeper([&] {
    started.raise();
    test::require(lock.lock() == Taken::taken, "not taken");
    lock.unlock();
  });
  started.await("the sleeper");
  posix::nap(20ms);  // so that it most likely sleeps; right either way
  EXPECT_TRUE(sleeper.alive());
  lock.unlock();
  ASSERT_TRUE(sleeper.join(test::patience()));
  EXPECT_TRUE(sleeper.ending().good());
}

TYPED_TEST(AnyLock, a_deadline_ends_the_wait_and_not_before) {
  auto& lock = this->shared_->lock;
  lock.lock();
  test::run_process([&] {
    const std::int64_t start = posix::monotonic_ns();
    test::require(lock.lock(Deadline::in(30ms)) == Taken::timed_out, "taken");
    test::require(posix::monotonic_ns() - start >= 30'000'000, "too early");
  });
  lock.unlock();
  test::run_process([&] {
    test::require(lock.lock(Deadline::in(30s)) == Taken::taken, "not taken though free");
    lock.unlock();
  });
}

TYPED_TEST(AnyLock, tells_a_wrong_unlock) {
  if (test::kThreadSanitizer) GTEST_SKIP() << "the sanitizer reports what is done on purpose";
  if constexpr (TypeParam::checks_owner) {
    auto& lock = this->shared_->lock;
    EXPECT_THROW(lock.unlock(), std::logic_error);
    lock.lock();
    test::run_process([&] {
      try {
        lock.unlock();
      } catch (const std::logic_error&) {
        return;
      }
      test::require(false, "a process unlocked what another holds");
    });
    lock.unlock();
    EXPECT_THROW(lock.unlock(), std::logic_error);
    EXPECT_EQ(lock.lock(Deadline::now()), Taken::taken);
    lock.unlock();
  } else {
    GTEST_SKIP() << "this kind cannot tell";
  }
}

TYPED_TEST(AnyLock, a_killed_holder_is_told_or_leaves_the_lock_taken) {
  auto& lock = this->shared_->lock;
  auto holder = this->holder();
  EXPECT_EQ(lock.lock(Deadline::in(1ms)), Taken::timed_out);
  holder.kill();
  ASSERT_TRUE(holder.join(test::patience()));
  if (TypeParam::robust) {
    EXPECT_EQ(lock.lock(), Taken::inherited);
    EXPECT_EQ(lock.lock(), Taken::taken) << "still recursive";
    lock.unlock();
    lock.unlock();
    EXPECT_EQ(lock.lock(Deadline::now()), Taken::taken) << "told once";
    lock.unlock();
  } else {
    EXPECT_EQ(lock.lock(Deadline::now()), Taken::timed_out);
    EXPECT_EQ(lock.lock(Deadline::in(20ms)), Taken::timed_out);
  }
}

TYPED_TEST(AnyLock, a_sleeper_hears_of_the_holders_death) {
  if constexpr (TypeParam::robust) {
    auto& lock = this->shared_->lock;
    auto holder = this->holder();
    test::Flag started;
    posix::Child sleeper([&] {
      started.raise();
      test::require(lock.lock() == Taken::inherited, "not told");
      lock.unlock();
    });
    started.await("the sleeper");
    posix::nap(20ms);
    holder.kill();
    ASSERT_TRUE(sleeper.join(test::patience()));
    EXPECT_TRUE(sleeper.ending().good());
  } else {
    GTEST_SKIP() << "not robust";
  }
}

TYPED_TEST(AnyLock, a_killed_waiter_harms_nobody) {
  auto& lock = this->shared_->lock;
  lock.lock();
  test::Flag started;
  posix::Child waiter([&] {
    started.raise();
    lock.lock();
  });
  started.await("the waiter");
  posix::nap(10ms);
  waiter.kill();
  ASSERT_TRUE(waiter.join(test::patience()));
  lock.unlock();
  test::run_processes(3, [this](int) { this->count(500); });
  EXPECT_EQ(this->shared_->counter, 3 * 500u);
}

/// The first in line is woken and dies before it runs; meanwhile its waker has taken the lock again.
void lose_a_wake_up(RobustLock& lock) {
  const int cpu = posix::allowed_cpus().front();
  lock.lock();
  posix::Child first([&] {
    // Woken by somebody on the same CPU, it does not come to run.
    posix::pin_to(cpu);
    posix::become_idle_class();
    lock.lock();
  });
  test::await_sleep(first.pid());
  posix::Child second([&] {
    test::require(lock.lock() == Taken::taken, "not taken");
    lock.unlock();
  });
  test::await_sleep(second.pid());
  posix::pin_to(cpu);
  lock.unlock();
  const Taken again = lock.lock(Deadline::now());
  first.kill();
  ASSERT_TRUE(first.join(test::patience()));
  if (again == Taken::taken) lock.unlock();
  ASSERT_TRUE(second.join(test::patience()));
  EXPECT_TRUE(second.ending().good()) << second.ending().text();
}

TEST(RobustLock, a_sleeper_looks_again_though_the_wake_up_went_to_one_who_died) {
  posix::Shared<RobustLock> lock(0);
  // On a thread of its own, whose CPU is pinned.
  std::thread([&] { lose_a_wake_up(*lock); }).join();
}

TEST(FutexLock, a_sleeper_looks_again_though_the_wake_up_went_to_one_who_died) {
  // Free with somebody asleep is the state that such a death leaves; nobody will ever wake the sleeper.
  posix::Shared<FutexLock> lock(0);
  lock->lock();
  test::Flag started;
  posix::Child sleeper([&] {
    started.raise();
    test::require(lock->lock() == Taken::taken, "not taken");
  });
  started.await("the sleeper");
  posix::nap(20ms);
  new (lock.get()) FutexLock;
  ASSERT_TRUE(sleeper.join(test::patience()));
  EXPECT_TRUE(sleeper.ending().good());
}

}  // namespace
}  // namespace shmoo::sync
