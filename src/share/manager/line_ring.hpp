// A stream of bytes from one process to another through shared memory, in lines of 64 bytes.
//
// Each line says by its own stamp which line of the stream it is and how many bytes it holds, so the reader
// polls the very line that brings the bytes: a small frame moves one or two cache lines and no counter. The
// reader tells how far it has read once per quarter of the ring, which is what the writer's room follows
// from.
//
// One process writes, one reads; neither trusts the other. Both keep their place to themselves, copy in what
// they look at, and look at nothing outside the ring: a peer that scribbles over it spoils its own bytes, and
// is found out (`wrong()`) where it says what cannot be. Nobody waits here: see line_wire.hpp. A writer that
// is killed in the middle has written whole lines up to some line; the frames above find the end missing.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "posix/mapping.hpp"

namespace shmoo::manager {

struct LineRing {
  static constexpr std::size_t kLines = 512;  ///< a power of two
  static constexpr std::size_t kQuarter = kLines / 4;
  static constexpr std::size_t kBytes = 56;  ///< that a line carries

  struct alignas(64) Line {
    char bytes[kBytes];
    /// Number of the line in the stream, from 1, shifted by 8; below it how many bytes count.
    std::atomic<std::uint64_t> stamp;
  };
  static_assert(sizeof(Line) == 64);

  alignas(posix::kPad) std::atomic<std::uint64_t> read{0};  ///< lines, written by the reader alone
  alignas(posix::kPad) Line lines[kLines]{};
};

class LineWriter {
 public:
  explicit LineWriter(LineRing& ring) : ring_(&ring) {}

  bool has_room() {
    if (written_ - read_ < LineRing::kLines) return true;
    const std::uint64_t read = ring_->read.load(std::memory_order_acquire);
    if (read - read_ > written_ - read_) wrong_ = true;
    if (wrong_) return false;
    read_ = read;
    return written_ - read_ < LineRing::kLines;
  }

  /// Writes what there is room for. @return how many bytes that was.
  std::size_t write(const void* data, std::size_t bytes) {
    const char* from = static_cast<const char*>(data);
    std::size_t left = bytes;
    while (left > 0 && has_room()) {
      const std::size_t lines = std::min({(left + LineRing::kBytes - 1) / LineRing::kBytes, kGroup,
                                          static_cast<std::size_t>(LineRing::kLines - (written_ - read_))});
      const std::size_t now = std::min(left, lines * LineRing::kBytes);
      // The first line last: a reader that sees it sees the whole group, and does not come for half a frame.
      for (std::size_t i = lines; i-- > 0;) {
        const std::size_t at = i * LineRing::kBytes;
        write_line(written_ + i, from + at, std::min(now - at, LineRing::kBytes));
      }
      written_ += lines;
      from += now;
      left -= now;
    }
    return bytes - left;
  }

  /// The reader says that it has read what was never written.
  bool wrong() const { return wrong_; }

 private:
  static constexpr std::size_t kGroup = 4;  // lines that become visible at once

  void write_line(std::uint64_t number, const char* from, std::size_t bytes) {
    LineRing::Line& line = ring_->lines[number % LineRing::kLines];
    if (bytes == LineRing::kBytes)
      std::memcpy(line.bytes, from, LineRing::kBytes);  // a constant is copied faster
    else
      std::memcpy(line.bytes, from, bytes);
    line.stamp.store((number + 1) << 8 | bytes, std::memory_order_release);
  }

  LineRing* ring_;
  std::uint64_t written_ = 0;  // lines
  std::uint64_t read_ = 0;     // lines, as the reader said last
  bool wrong_ = false;
};

class LineReader {
 public:
  explicit LineReader(LineRing& ring) : ring_(&ring) {}

  /// Whether read() would bring something, or find something wrong.
  bool ready() const {
    if (left_ > 0) return true;
    // The next one with it: the second half of a short frame is then here as soon as the first, which is
    // looked at. The writer, who writes it first, has to take both back, but both at once.
    __builtin_prefetch(&ring_->lines[(read_ + 1) % LineRing::kLines]);
    return stamp() >> 8 == read_ + 1;
  }

  /// Reads what is there, at most `bytes`. @return how many bytes that was.
  std::size_t read(void* room, std::size_t bytes) {
    char* to = static_cast<char*>(room);
    std::size_t space = bytes;
    // In registers: a place that is stored field by field and loaded again at once waits for the stores.
    std::uint64_t number = read_;
    std::size_t left = left_;
    std::size_t begin = begin_;
    while (space > 0 && !wrong_) {
      const LineRing::Line& line = ring_->lines[number % LineRing::kLines];
      if (left == 0) {
        const std::uint64_t said = line.stamp.load(std::memory_order_acquire);
        if (said >> 8 != number + 1) break;
        left = said & 0xFF;
        begin = 0;
        wrong_ = left == 0 || left > LineRing::kBytes;
        if (wrong_) break;
      }
      const std::size_t now = std::min(left, space);
      if (begin == 0 && space >= LineRing::kBytes)
        std::memcpy(to, line.bytes, LineRing::kBytes);  // the same, when there is room
      else
        std::memcpy(to, line.bytes + begin, now);
      to += now;
      space -= now;
      begin += now;
      left -= now;
      if (left == 0 && ++number % LineRing::kQuarter == 0) {
        ring_->read.store(number, std::memory_order_release);
        made_room_ = true;
      }
    }
    read_ = number;
    left_ = left;
    begin_ = begin;
    return bytes - space;
  }

  /// Whether the writer was told of new room since this was asked last: it may have waited for that.
  bool made_room() { return std::exchange(made_room_, false); }
  /// The writer stamped a line with a number of bytes that no line has.
  bool wrong() const { return wrong_; }

 private:
  std::uint64_t stamp() const {
    return ring_->lines[read_ % LineRing::kLines].stamp.load(std::memory_order_acquire);
  }

  LineRing* ring_;
  std::uint64_t read_ = 0;  // whole lines
  std::size_t left_ = 0;    // bytes of the line under way, as its stamp said once
  std::size_t begin_ = 0;   // where they are in it
  bool made_room_ = false;
  bool wrong_ = false;
};

}  // namespace shmoo::manager
