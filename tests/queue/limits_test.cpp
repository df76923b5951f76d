// What the kernel's queues cannot do is told beforehand, and truly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <system_error>

#include "queue/traffic.hpp"
#include "share/queue/boost_mq.hpp"
#include "share/queue/posix_mq.hpp"
#include "share/queue/seqpacket.hpp"

namespace shmoo::queue {
namespace {

using namespace test;
using ::testing::HasSubstr;

TEST(PosixMq, says_which_limit_an_item_or_a_bound_breaks) {
  const auto limits = posix::MessageQueue::limits();
  EXPECT_EQ(PosixMq::refusal({.max_bytes = 64}), "");
  EXPECT_THAT(PosixMq::refusal({.max_bytes = 1 << 30}), HasSubstr(std::to_string(limits.message_bytes)));
  EXPECT_THAT(PosixMq::refusal({.max_items = 1 << 20}), HasSubstr(std::to_string(limits.messages)));
  EXPECT_THROW(PosixMqQueue({.max_bytes = 1 << 30}), std::system_error);
}

TEST(PosixMq, says_that_all_queues_together_are_too_large) {
  run_process([] {
    const rlimit none{100, 100};
    ::setrlimit(RLIMIT_MSGQUEUE, &none);
    require(PosixMq::refusal({.max_bytes = 64}).find("ulimit -q") != std::string::npos,
            "no word of the limit");
  });
}

TEST(Seqpacket, says_how_long_a_message_may_be) {
  EXPECT_EQ(Seqpacket::refusal({.max_bytes = 100'000}), "");
  EXPECT_THAT(Seqpacket::refusal({.max_bytes = 64 << 20}), HasSubstr("a message carries at most"));
}

TEST(BoostMq, says_that_shared_memory_is_too_small) {
  const Shape shape{.max_items = 1 << 30, .max_bytes = 1 << 20};
  EXPECT_THAT(BoostMq::refusal(shape), HasSubstr("/dev/shm"));
  try {
    BoostMqQueue queue(shape);
    FAIL() << "a queue of 1 PiB";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::no_space_on_device);
  }
}

}  // namespace
}  // namespace shmoo::queue
