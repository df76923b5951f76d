// What locked values are beyond the contract of all: their choice of lock, and what a dead holder's successor
// is told.
#include "share/value/locked.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "share/value/raw.hpp"
#include "support/processes.hpp"
#include "sync/futex_lock.hpp"
#include "sync/mutex_lock.hpp"
#include "sync/robust_lock.hpp"

namespace shmoo::value {
namespace {

using Default = LockedValue<int, sync::MutexLock>;

static_assert(std::is_constructible_v<Default, int>, "a lock of its own");
static_assert(std::is_constructible_v<Default, int, sync::MutexLock&>, "a given lock");
static_assert(!std::is_constructible_v<Default, int, sync::FutexLock&>, "a lock of another kind");
static_assert(!std::is_constructible_v<Default, int, int>, "no lock at all");
static_assert(!std::is_constructible_v<Default, int, sync::MutexLock>, "a lock that is gone at once");
static_assert(!Locked<RawValue<int>>, "Python's lock=False");

TEST(LockedValue, takes_the_lock_that_was_given) {
  posix::Shared<sync::MutexLock> given(0);
  LockedValue<int, sync::MutexLock> left(1, *given);
  LockedValue<int, sync::MutexLock> right(2, *given);
  EXPECT_EQ(&left.get_lock(), given.get());
  {
    const auto guard = left.lock();
    right.add(1);  // the same lock, so the same owner
    test::run_process([&] {
      test::require(right.get_lock().lock(posix::Deadline::now()) == sync::Taken::timed_out, "another lock");
    });
  }
  EXPECT_EQ(right.get(), 3);
}

TEST(LockedValue, has_a_lock_of_its_own_when_none_was_given) {
  LockedValue<int, sync::MutexLock> left;
  LockedValue<int, sync::MutexLock> right;
  const auto guard = left.lock();
  test::run_process([&] { right.add(1); });
  EXPECT_EQ(right.get(), 1);
}

TEST(LockedValue, an_exception_in_an_update_gives_the_lock_back) {
  LockedValue<int, sync::FutexLock> value;
  EXPECT_THROW(value.update([](int&) { throw std::runtime_error("said by a test"); }), std::runtime_error);
  test::run_process([&] { value.add(1); });
  EXPECT_EQ(value.get(), 1);
}

TEST(LockedValue, a_robust_one_tells_the_next_caller_once_that_the_holder_died) {
  const auto kill_holder = [](LockedValue<int, sync::RobustLock>& value) {
    test::Flag held;
    posix::Child holder([&] {
      const auto guard = value.lock();
      held.raise();
      for (;;) ::pause();
    });
    held.await("the holder");
    holder.kill();
    ASSERT_TRUE(holder.join(test::patience()));
  };
  LockedValue<int, sync::RobustLock> value(7);
  kill_holder(value);
  EXPECT_THROW(value.get(), sync::OwnerDied);
  EXPECT_EQ(value.get(), 7);
  kill_holder(value);
  EXPECT_THROW(value.set(8), sync::OwnerDied);
  EXPECT_EQ(value.get(), 7) << "a call that tells does nothing else";
  kill_holder(value);
  EXPECT_THROW(value.add(1), sync::OwnerDied);
  test::run_process([&] { value.add(1); });
  EXPECT_EQ(value.get(), 8);
}

}  // namespace
}  // namespace shmoo::value
