#include "posix/child.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

namespace shmoo::posix {
namespace {

TEST(Child, hands_over_its_exit_code) {
  Child child([] { ::_exit(7); });
  ASSERT_TRUE(child.join(Deadline::in(std::chrono::seconds(30))));
  EXPECT_EQ(child.ending().code, 7);
  EXPECT_EQ(child.ending().text(), "exited with 7");
}

TEST(Child, is_alive_until_it_is_killed_and_then_names_the_signal) {
  Child child([] { ::pause(); });
  EXPECT_TRUE(child.alive());
  EXPECT_FALSE(child.join(Deadline::now()));
  child.kill();
  ASSERT_TRUE(child.join(Deadline::in(std::chrono::seconds(30))));
  EXPECT_FALSE(child.alive());
  EXPECT_EQ(child.ending().signal, SIGKILL);
  EXPECT_EQ(child.ending().text(), "died by SIGKILL");
}

TEST(Child, is_dying_from_the_moment_it_is_killed) {
  Child child([] { ::pause(); });
  EXPECT_FALSE(child.dying());
  child.kill();
  EXPECT_TRUE(child.dying());
  ASSERT_TRUE(child.join(Deadline::in(std::chrono::seconds(30))));
  EXPECT_TRUE(child.dying());
}

TEST(Child, an_exception_in_the_body_is_exit_code_1) {
  Child child([] { throw std::runtime_error("said by a test"); });
  ASSERT_TRUE(child.join(Deadline::in(std::chrono::seconds(30))));
  EXPECT_EQ(child.ending().code, 1);
}

}  // namespace
}  // namespace shmoo::posix
