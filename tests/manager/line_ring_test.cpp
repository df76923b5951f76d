// Lines between two processes: every byte arrives, in order, and no peer can make the other leave the ring.
#include "share/manager/line_ring.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <vector>

#include "support/processes.hpp"

namespace shmoo::manager {
namespace {

constexpr std::size_t kWhole = LineRing::kLines * LineRing::kBytes;

char byte_at(std::uint64_t position) {
  return static_cast<char>((position * 0x9e3779b97f4a7c15) >> 56);
}

class Lines : public testing::Test {
 protected:
  std::string pattern(std::size_t bytes, std::uint64_t from = 0) {
    std::string all(bytes, '\0');
    for (std::size_t i = 0; i < bytes; ++i) all[i] = byte_at(from + i);
    return all;
  }
  std::string read(std::size_t bytes) {
    std::string all(bytes, '\0');
    all.resize(reader.read(all.data(), bytes));
    return all;
  }
  posix::Shared<LineRing> ring{0};
  LineWriter writer{*ring};
  LineReader reader{*ring};
};

/// Frames of every size from 1 byte to 1 MiB, written and read in pieces that have nothing to do with each
/// other.
TEST_F(Lines, frames_of_all_sizes_arrive_whole_and_in_order) {
  constexpr std::size_t kBytes = 24 << 20;
  const auto some = [](std::mt19937& random) {
    return std::size_t{1} + random() % (std::size_t{1} << random() % 21);
  };
  test::run_processes(2, [&](int side) {
    std::mt19937 random(static_cast<unsigned>(side));
    std::uint64_t moved = 0;
    const auto deadline = test::patience();
    while (moved < kBytes) {
      const std::size_t want = std::min<std::size_t>(some(random), kBytes - moved);
      std::string frame = side == 0 ? pattern(want, moved) : std::string(want, '\0');
      for (std::size_t done = 0; done < want;) {
        const std::size_t now = side == 0 ? writer.write(frame.data() + done, want - done)
                                          : reader.read(frame.data() + done, want - done);
        done += now;
        if (now > 0) continue;
        test::require(!deadline.passed() && !writer.wrong() && !reader.wrong(), "the lines have stopped");
        posix::yield();
      }
      if (side == 1) test::require(frame == pattern(want, moved), "other bytes came out");
      moved += want;
    }
  });
}

TEST_F(Lines, a_full_ring_takes_nothing_and_has_room_after_a_quarter_was_read) {
  const std::string all = pattern(2 * kWhole);
  EXPECT_FALSE(reader.ready());
  EXPECT_EQ(writer.write(all.data(), all.size()), kWhole);
  EXPECT_FALSE(writer.has_room());
  EXPECT_EQ(writer.write(all.data(), 1), 0U);
  EXPECT_EQ(read(LineRing::kQuarter * LineRing::kBytes - 1),
            all.substr(0, LineRing::kQuarter * LineRing::kBytes - 1));
  EXPECT_FALSE(reader.made_room());
  EXPECT_FALSE(writer.has_room()) << "the reader tells of whole quarters";
  read(1);
  EXPECT_TRUE(reader.made_room());
  EXPECT_EQ(writer.write(all.data(), all.size()), kWhole / 4);
  EXPECT_EQ(read(2 * kWhole).size(), kWhole);
  EXPECT_FALSE(reader.ready());
}

TEST_F(Lines, the_ring_goes_round_and_round) {
  std::uint64_t written = 0;
  std::uint64_t done = 0;
  for (int lap = 0; lap < 5000; ++lap) {
    const std::string frame = pattern(1 + static_cast<std::size_t>(lap) % 200, written);
    ASSERT_EQ(writer.write(frame.data(), frame.size()), frame.size());
    written += frame.size();
    // In bites that cut lines in two.
    while (done < written) {
      const std::string bite = read(1 + done % 70);
      ASSERT_EQ(bite, pattern(bite.size(), done));
      done += bite.size();
    }
  }
  EXPECT_FALSE(reader.wrong());
  EXPECT_FALSE(writer.wrong());
}

TEST_F(Lines, a_writer_killed_in_the_middle_has_written_whole_lines_up_to_some_line) {
  for (int round = 0; round < 20; ++round) {
    posix::Shared<LineRing> fresh(0);
    LineReader own(*fresh);
    test::Flag running;
    posix::Child victim([&] {
      LineWriter mine(*fresh);
      const std::string frame = pattern(4 * kWhole);
      for (std::size_t at = 0;; at = at % frame.size()) {
        at += mine.write(frame.data() + at, std::min<std::size_t>(frame.size() - at, 997));
        running.raise();
      }
    });
    running.await("the writer writes");
    std::string all(3 * kWhole, '\0');
    std::size_t have = 0;
    for (int turn = 0; turn < round; ++turn) have += own.read(all.data() + have, all.size() - have);
    victim.kill();
    ASSERT_TRUE(victim.join(test::patience()));
    have += own.read(all.data() + have, all.size() - have);
    EXPECT_EQ(all.substr(0, have), pattern(have));
    EXPECT_FALSE(own.wrong());
  }
}

TEST_F(Lines, stamps_that_lie_are_found_out_or_are_no_lines) {
  for (const std::uint64_t length : {0U, 57U, 64U, 255U}) {
    LineReader own(*ring);
    ring->lines[0].stamp.store(std::uint64_t{1} << 8 | length);
    EXPECT_TRUE(own.ready());
    std::string room(1000, '\0');
    EXPECT_EQ(own.read(room.data(), room.size()), 0U);
    EXPECT_TRUE(own.wrong());
    EXPECT_EQ(own.read(room.data(), room.size()), 0U);
  }
  // Lines of the past, of the future, and of never.
  for (const std::uint64_t number : {0UL, 2UL, LineRing::kLines + 1, ~0UL >> 8}) {
    ring->lines[0].stamp.store(number << 8 | 5);
    EXPECT_FALSE(reader.ready());
    EXPECT_EQ(read(1000), "");
    EXPECT_FALSE(reader.wrong());
  }
}

TEST_F(Lines, a_length_that_changes_while_its_line_is_read_changes_nothing) {
  writer.write("0123456789", 10);
  EXPECT_EQ(read(4), "0123");
  ring->lines[0].stamp.store(std::uint64_t{1} << 8 | 255);
  EXPECT_EQ(read(1000), "456789");
  EXPECT_FALSE(reader.wrong());
}

TEST_F(Lines, a_reader_that_claims_to_have_read_what_was_not_written_is_found_out) {
  const std::string all = pattern(kWhole);
  for (const std::uint64_t claim : {LineRing::kLines + 1, ~0UL, ~0UL / 2}) {
    posix::Shared<LineRing> fresh(0);
    LineWriter own(*fresh);
    own.write(all.data(), all.size());
    fresh->read.store(claim);
    EXPECT_EQ(own.write(all.data(), all.size()), 0U);
    EXPECT_TRUE(own.wrong());
  }
  // Nor may it take back what it said.
  writer.write(all.data(), all.size());
  ring->read.store(LineRing::kLines);
  EXPECT_EQ(writer.write(all.data(), all.size()), kWhole);
  ring->read.store(LineRing::kLines - 1);
  EXPECT_FALSE(writer.has_room());
  EXPECT_TRUE(writer.wrong());
}

TEST_F(Lines, a_ring_full_of_garbage_brings_no_more_than_a_ring_holds) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 300; ++round) {
    for (std::size_t i = 0; i < LineRing::kLines; ++i)
      ring->lines[i].stamp.store(round % 2 ? random() : (i + 1) << 8 | random() % 64);
    ring->read.store(random());
    LineReader own(*ring);
    std::vector<char> room(1 << 20);
    std::size_t have = 0;
    while (const std::size_t now = own.read(room.data() + have, 1 + random() % 100)) have += now;
    EXPECT_LE(have, kWhole);
  }
}

}  // namespace
}  // namespace shmoo::manager
