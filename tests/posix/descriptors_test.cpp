// Descriptors that are handed over, kept to oneself, or lead to memory and other machines.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "posix/event_fd.hpp"
#include "posix/fork_private.hpp"
#include "posix/pass_fds.hpp"
#include "posix/poll.hpp"
#include "posix/random.hpp"
#include "posix/sealed_memory.hpp"
#include "posix/tcp.hpp"
#include "support/processes.hpp"

namespace shmoo::posix {
namespace {

std::array<Fd, 2> socket_pair() {
  std::array<int, 2> ends;
  check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), "make a socket pair");
  return {Fd(ends[0]), Fd(ends[1])};
}

TEST(Descriptors, memory_that_was_passed_is_the_same_memory_and_cannot_shrink) {
  const auto ends = socket_pair();
  test::run_process([&] {
    const Fd memory = make_sealed_memory(8192);
    const MappedMemory mapping(memory, 8192);
    mapping.data()[8191] = std::byte{42};
    const EventFd bell;
    const std::array<int, 2> both{memory.get(), bell.fd()};
    test::require(send_with_fds(ends[0].get(), "x", 1, both).bytes == 1, "descriptors were not sent");
  });
  char byte;
  std::vector<Fd> passed;
  ASSERT_EQ(receive_with_fds(ends[1].get(), &byte, 1, passed).bytes, 1U);
  ASSERT_EQ(passed.size(), 2U);
  EXPECT_TRUE(is_sealed(passed[0], 8192));
  EXPECT_FALSE(is_sealed(passed[0], 8193));
  EXPECT_FALSE(is_sealed(passed[1], 1)) << "not memory at all";
  EXPECT_LT(::ftruncate(passed[0].get(), 4096), 0);
  EXPECT_LT(::ftruncate(passed[0].get(), 16384), 0);
  EXPECT_TRUE(::fcntl(passed[0].get(), F_GETFD) & FD_CLOEXEC);
  const MappedMemory mapping(passed[0], 8192);
  EXPECT_EQ(mapping.data()[8191], std::byte{42});
}

TEST(Descriptors, a_message_without_descriptors_brings_none) {
  const auto ends = socket_pair();
  ASSERT_EQ(send_now(ends[0].get(), "abc", 3).bytes, 3U);
  std::vector<Fd> passed;
  char room[8];
  EXPECT_EQ(receive_with_fds(ends[1].get(), room, sizeof room, passed).bytes, 3U);
  EXPECT_TRUE(passed.empty());
  EXPECT_THROW(send_with_fds(ends[0].get(), "x", 1, {}), std::system_error);
}

TEST(Descriptors, children_get_no_copy_of_a_private_one) {
  auto ends = socket_pair();
  auto own = std::make_unique<ForkPrivateFd>(std::move(ends[0]));
  test::Flag done;
  test::Flag forked;
  Child child([&] {
    forked.raise();
    test::require(send_now(ends[1].get(), "x", 1).bytes == 1, "the other end works");
    test::require(::write(own->get(), "x", 1) == 1, "the number leads nowhere, but is taken");
    own.reset();
    done.await("the parent has looked");
  });
  forked.await("the child runs");
  char byte;
  EXPECT_EQ(receive_some(own->get(), &byte, 1).bytes, 1U) << "the parent's still works";
  own.reset();
  EXPECT_TRUE(has_left(ends[1].get(), -1)) << "the child lives, and keeps nothing open";
  done.raise();
  ASSERT_TRUE(child.join(test::patience()));
  EXPECT_TRUE(child.ending().good());
}

TEST(Descriptors, a_private_one_that_was_moved_stays_private) {
  auto ends = socket_pair();
  ForkPrivateFd first(std::move(ends[0]));
  ForkPrivateFd own(std::move(first));
  first = ForkPrivateFd();
  EXPECT_EQ(::fcntl(own.get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  test::run_process([&] { test::require(::recv(own.get(), nullptr, 0, 0) < 0, "a child has the socket"); });
}

TEST(Descriptors, tcp_connects_by_name_and_number) {
  const Fd listener = listen_tcp("127.0.0.1", 0);
  for (const char* host : {"127.0.0.1", "localhost"}) {
    const Fd client = connect_tcp(host, port_of(listener.get()), test::patience());
    wait_readable(std::array{listener.get()}, test::patience());
    const Fd server = accept_waiting(listener.get());
    ASSERT_TRUE(server);
    ASSERT_EQ(send_now(client.get(), "x", 1).bytes, 1U);
    char byte;
    wait_readable(std::array{server.get()}, test::patience());
    EXPECT_EQ(receive_now(server.get(), &byte, 1).bytes, 1U);
  }
  EXPECT_THROW(connect_tcp("no host has a name with spaces", 1, test::patience()), std::system_error);
  EXPECT_THROW(listen_tcp("127.0.0.1", port_of(listener.get())), std::system_error);
}

TEST(Descriptors, random_bytes_differ) {
  EXPECT_NE(random_bytes(32), random_bytes(32));
  EXPECT_EQ(random_bytes(1000).size(), 1000U);
}

}  // namespace
}  // namespace shmoo::posix
