// array/slice_write
//
// Purpose: what does it cost to replace the whole contents of a shared array?
// Rules:   one operation = one process copies a buffer of its own over the whole array. Each process has
//          two buffers, filled beforehand with contents that differ from each other and from everybody
//          else's in every element, and takes them in turn. After each operation of the first half of
//          the warm-up and each 64th of the others it reads the array back and looks at every byte, which
//          counts for nothing.
// Proof:   each element ever read back, and at the end each element of the array, stands in its place
//          and comes from one of those buffers; where the mechanism promises whole slices, all come from
//          the same one, and that is not the process's own older one. With one process, or where the
//          mechanism isolates, it must be the one written last, and an isolated array must not have
//          changed for the parent.
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
class SliceWrite final : public Job {
 public:
  static std::string refusal(const Cell& cell) { return arrays::refusal<M>(cell, 3); }
  static std::unique_ptr<Job> make(const Cell& cell) { return std::make_unique<SliceWrite>(cell); }

  explicit SliceWrite(const Cell& cell)
      : array_(elements_of(cell)), sources_(2 * static_cast<Element>(cell.procs)) {}

  void prepare(Member& member) override {
    copy_.resize(array_.size());
    for (const Element which : {0U, 1U}) {
      buffers_[which].resize(array_.size());
      fill_marked(buffers_[which], mark_of(member.index(), which));
    }
  }

  void work(Member& member, const Phase& phase) override {
    std::uint64_t i = phase.first;
    for (std::uint64_t left = phase.proven(); left > 0; --left, ++i) {
      array_.write(0, buffers_[i % 2]);
      read_back(member, i % 2);
    }
    // Up to the next reading back, which is no operation and must not be timed as one.
    for (const std::uint64_t end = phase.first + phase.share; i < end;) {
      const std::uint64_t writes = std::min(end - i, kWritesPerRead - i % kWritesPerRead);
      member.stopwatch().each(writes, [&] { array_.write(0, buffers_[i++ % 2]); });
      if (i % kWritesPerRead == 0) read_back(member, (i - 1) % 2);
    }
    written_ = phase.first + phase.share;
  }

  void settle(Member& member) override {
    // The others may still be writing: only what must hold at any time is asked.
    if (written_ > 0) read_back(member, (written_ - 1) % 2);
  }

  std::optional<std::string> verify(std::span<const MemberReport>) override {
    copy_.resize(array_.size());
    array_.read(0, copy_);
    if (M::about.isolated) {
      for (const Element x : copy_)
        if (x != 0) return "a write by a member reached the parent of an isolated array";
      return std::nullopt;
    }
    if (const char* wrong = wrong_in_copy()) return std::string("at the end ") + wrong;
    return std::nullopt;
  }

  std::vector<pid_t> servants() const override { return servants_of(array_); }

 private:
  static constexpr Element kFirst = 0x51ED0000;
  static constexpr std::uint64_t kWritesPerRead = 64;

  static Element mark_of(int member, std::uint64_t which) {
    return kFirst + 2 * static_cast<Element>(member) + static_cast<Element>(which);
  }

  const char* wrong_in_copy() const {
    const Element allowed = std::bit_ceil(sources_) - 1;
    if (stray_bits(copy_, kFirst) & ~allowed) return "an element holds what nobody wrote";
    if (M::about.tears) return nullptr;
    if (stray_bits(copy_, copy_[0]) != 0) return "the array mixes two writes";
    if (copy_[0] - kFirst >= sources_) return "the array holds what nobody wrote";
    return nullptr;
  }

  void read_back(Member& member, std::uint64_t last) {
    array_.read(0, copy_);
    if (const char* wrong = wrong_in_copy()) member.fail(wrong);
    const bool alone = member.procs() == 1 || M::about.isolated;
    if (alone ? stray_bits(copy_, mark_of(member.index(), last)) != 0
              : !M::about.tears && copy_[0] == mark_of(member.index(), 1 - last))
      member.fail("the array is not what was written last");
  }

  typename M::template Of<Element> array_;
  Element sources_;  // how many buffers there are
  // A member's own.
  std::vector<Element> buffers_[2];
  std::vector<Element> copy_;
  std::uint64_t written_ = 0;
};

}  // namespace shmoo::bench::arrays
