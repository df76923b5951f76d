// The items of the queue workloads prove themselves. Queues that break the contract: tests/liars.
#include "workloads/queue_traffic.hpp"

#include <gtest/gtest.h>

namespace shmoo::bench::traffic {
namespace {

TEST(Room, every_word_of_an_item_depends_on_its_header_and_place) {
  Room room(4096);
  const Word header = header_of(3, 5);
  room.write(header, hash(header));
  EXPECT_EQ(room.header(), header);
  for (std::size_t at = 8; at < 4096; at += 501) {
    room.write(header, hash(header));
    room.item()[at] ^= std::byte{4};
    EXPECT_FALSE(room.is_whole(hash(header))) << "byte " << at;
  }
  room.write(header, hash(header));
  EXPECT_TRUE(room.is_whole(hash(header)));
}

}  // namespace
}  // namespace shmoo::bench::traffic
