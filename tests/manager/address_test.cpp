// Addresses as people write them.
#include "share/manager/address.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace shmoo::manager {
namespace {

TEST(Addresses, are_read_and_written_alike) {
  for (const char* text : {"/run/shmoo/socket", "./socket", "shm:/run/shmoo/socket", "tcp://localhost:4711",
                           "tcp://127.0.0.1:0", "tcp://[::1]:65535", "tcp://[fe80::1%eth0]:1"})
    EXPECT_EQ(Address::parse(text).text(), text);
  EXPECT_EQ(Address::parse("/a"), (Address{Transport::socket, "/a", {}}));
  EXPECT_EQ(Address::parse("shm:/a"), (Address{Transport::shm, "/a", {}}));
  EXPECT_EQ(Address::parse("tcp://[::1]:80"), (Address{Transport::tcp, "", {"::1", 80}}));
}

TEST(Addresses, what_is_none_is_refused_in_one_line_that_names_it) {
  for (const std::string text :
       {"", "socket", "shm:", "shm:socket", "tcp:/a", "http://host:1", "tcp://", "tcp://host", "tcp://:1",
        "tcp://host:", "tcp://host:65536", "tcp://host:-1", "tcp://host:1x", "tcp://::1:80", "tcp://[]:1",
        "tcp://[::1:1", "tcp://a b:1"}) {
    try {
      Address::parse(text);
      ADD_FAILURE() << text;
    } catch (const std::invalid_argument& error) {
      const std::string said = error.what();
      const std::string named = text.starts_with("tcp://") ? text.substr(6) : text;
      EXPECT_THAT(said, testing::HasSubstr('\'' + named + '\''));
      EXPECT_EQ(said.find('\n'), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace shmoo::manager
