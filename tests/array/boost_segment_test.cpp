#include "share/boost_segment.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <system_error>

#include "posix/child.hpp"
#include "posix/shm.hpp"
#include "share/array/boost.hpp"

namespace shmoo {
namespace {

using posix::Child;
using posix::Deadline;

TEST(BoostSegment, has_room_for_what_it_was_made_for) {
  for (const std::size_t payload : {0UL, 24UL, 1000UL, 65536UL, 1UL << 20}) {
    BoostSegment segment(BoostSegment::bytes_for(payload));
    EXPECT_NE(segment.memory().allocate(payload / 2, std::nothrow), nullptr) << payload;
    EXPECT_NE(segment.memory().allocate(payload / 4, std::nothrow), nullptr) << payload;
    EXPECT_NE(segment.memory().allocate(payload / 8, std::nothrow), nullptr) << payload;
    EXPECT_NE(segment.memory().allocate(payload / 8, std::nothrow), nullptr) << payload;
  }
}

TEST(BoostSegment, is_shared_with_children_and_has_no_name_left) {
  BoostSegment segment(65536);
  const std::string mine = "shmoo." + std::to_string(::getpid()) + '.';
  for (const auto& entry : std::filesystem::directory_iterator("/dev/shm"))
    EXPECT_FALSE(entry.path().filename().string().starts_with(mine)) << entry.path();
  int* number = segment.memory().construct<int>(boost::interprocess::anonymous_instance)(1);
  Child child([&] { *number = 2; });
  ASSERT_TRUE(child.join(Deadline::in(std::chrono::seconds(30))));
  EXPECT_EQ(*number, 2);
}

TEST(BoostSegment, says_in_one_line_that_dev_shm_is_too_small) {
  const std::size_t too_much = posix::shm_free_bytes() + (1UL << 30);
  EXPECT_NE(BoostSegment::refusal(too_much), "");
  try {
    BoostSegment segment(too_much);
    FAIL() << "made";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), ENOSPC);
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
  }
}

/// 0 = told by an error, 1 = made after all, 2 = this machine does not let us mount; a signal = the thing to
/// be avoided.
int make_in_a_dev_shm_of_a_mebibyte(std::size_t bytes) {
  if (::unshare(CLONE_NEWNS) != 0) {
    // Not root: be it in a namespace of users in which we are the only one.
    const std::string user = "0 " + std::to_string(::getuid()) + " 1";
    const std::string group = "0 " + std::to_string(::getgid()) + " 1";
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return 2;
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/uid_map") << user;
    std::ofstream("/proc/self/gid_map") << group;
  }
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return 2;
  if (::mount("tmpfs", "/dev/shm", "tmpfs", 0, "size=1m") != 0) return 2;
  try {
    array::Boost::Of<std::uint32_t> array(bytes / 4);
    array.set(bytes / 4 - 1, 7);
    return 1;
  } catch (const std::system_error& error) {
    return error.code().value() == ENOSPC ? 0 : 3;
  }
}

TEST(BoostSegment, on_a_full_dev_shm_is_an_error_and_no_sigbus) {
  for (const auto& [bytes, expected] : {std::pair{std::size_t{2} << 20, 0}, {std::size_t{1} << 19, 1}}) {
    Child child([bytes = bytes] { ::_exit(make_in_a_dev_shm_of_a_mebibyte(bytes)); });
    ASSERT_TRUE(child.join(Deadline::in(std::chrono::seconds(30))));
    if (child.ending().code == 2) GTEST_SKIP() << "may not mount a small /dev/shm here";
    EXPECT_EQ(child.ending().text(), "exited with " + std::to_string(expected));
  }
}

}  // namespace
}  // namespace shmoo
