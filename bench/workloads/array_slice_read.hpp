// array/slice_read
//
// Purpose: what does it cost to get a consistent copy of a whole shared array?
// Rules:   one operation = one process copies the whole array out into a buffer of its own and looks at
//          every byte of the copy. Before each 64th of its operations, member 0 also overwrites the
//          array, as one slice, which counts for nothing: without it, no reader could tell a fresh array
//          from a stale one or a whole one from a torn one.
// Proof:   each element of each copy stands in its place and was written by member 0; where the
//          mechanism promises whole slices, all elements of a copy come from one write, and that is none
//          older than the last that was complete when the read before was checked. Where it isolates, the
//          others find the array as it was at fork.
#pragma once
#include <algorithm>
#include <atomic>
#include <bit>
#include <memory>
#include <vector>

#include "posix/mapping.hpp"
#include "workloads/array_common.hpp"

namespace shmoo::bench::arrays {

template <class M>
class SliceRead final : public Job {
 public:
  static std::string refusal(const Cell& cell) { return arrays::refusal<M>(cell, 2); }
  static std::unique_ptr<Job> make(const Cell& cell) { return std::make_unique<SliceRead>(cell); }

  explicit SliceRead(const Cell& cell) : array_(elements_of(cell)) {
    std::vector<Element> first(array_.size());
    fill_marked(first, kFirst);
    array_.write(0, first);
  }

  void prepare(Member& member) override {
    copy_.resize(array_.size());
    if (member.index() == 0) fresh_.resize(array_.size());
  }

  void work(Member& member, const Phase& phase) override {
    // Up to the next overwriting, which is no operation and must not be timed as one.
    for (std::uint64_t i = phase.first, end = phase.first + phase.share; i < end;) {
      if (member.index() == 0 && i % kReadsPerWrite == kReadsPerWrite - 1) overwrite();
      const std::uint64_t reads = std::min(end - i, kReadsPerWrite - (i + 1) % kReadsPerWrite);
      member.stopwatch().each(reads, [&] {
        array_.read(0, copy_);
        check(member);
      });
      i += reads;
    }
  }

  std::optional<std::string> verify(std::span<const MemberReport>) override {
    copy_.resize(array_.size());
    array_.read(0, copy_);
    const Element last = M::about.isolated ? kFirst : kFirst + begun(writes_->load());
    if (stray_bits(copy_, last) == 0) return std::nullopt;
    return "at the end the array is not what was written last";
  }

  std::vector<pid_t> servants() const override { return servants_of(array_); }

 private:
  static constexpr Element kFirst = 0x51ED0000;
  static constexpr std::uint64_t kReadsPerWrite = 64;

  void overwrite() {
    const std::uint64_t number = begun(writes_->load(std::memory_order_relaxed)) + 1;
    fill_marked(fresh_, kFirst + static_cast<Element>(number));
    writes_->exchange(number << 32 | (number - 1));
    array_.write(0, fresh_);
    writes_->store(number << 32 | number, std::memory_order_release);
    due_ = static_cast<Element>(number);
  }

  static Element begun(std::uint64_t writes) { return static_cast<Element>(writes >> 32); }

  void check(Member& member) {
    const std::uint64_t writes = writes_->load(std::memory_order_acquire);
    if constexpr (M::about.tears) {
      // Marks grow by one with each write, and the write under way has been counted already.
      const Element allowed = std::bit_ceil(begun(writes) + 1) - 1;
      if (stray_bits(copy_, kFirst) & ~allowed) member.fail("an element that nobody wrote was read");
    } else {
      const Element mark = copy_[0];
      if (stray_bits(copy_, mark) != 0) member.fail("half of a write was read");
      const bool stays = M::about.isolated && member.index() != 0;
      if (mark - kFirst > (stays ? 0 : begun(writes))) member.fail("a slice that nobody wrote was read");
      if (mark - kFirst < due_) member.fail("an older slice was read than the last that was due");
      if (!stays) due_ = static_cast<Element>(writes);
    }
  }

  typename M::template Of<Element> array_;
  posix::Shared<std::atomic<std::uint64_t>> writes_{0, 0U};  // by member 0: begun << 32 | complete
  // A member's own.
  std::vector<Element> copy_;
  std::vector<Element> fresh_;
  Element due_ = 0;  // the least write that it may still find
};

}  // namespace shmoo::bench::arrays
