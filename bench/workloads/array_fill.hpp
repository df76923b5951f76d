// array/fill
//
// Purpose: the notebook's job: processes compute squares into their parts of one array, and one reads
//          the result.
// Rules:   one operation = one process computes one square and sets it as one element of its part:
//          element i becomes (i + p)^2 in the p-th pass over the part, in 32 bits. Passes follow each
//          other until all operations are done; then the process that is the last to finish reads all
//          that was filled, as one slice where the whole array was, and checks every element. That one
//          read is part of the time, as it is part of the job.
// Proof:   in the warm-up each process reads back each element that it has set: nobody else sets it. The
//          read at the end finds the squares of all processes' last passes, and so does the parent when
//          all have left; where the mechanism isolates, the reader finds its own squares and zeros
//          elsewhere, and the parent nothing but zeros. A timed set that is lost and repaired by the
//          next pass is not noticed: nobody has read in between.
#pragma once
#include <atomic>
#include <memory>
#include <vector>

#include "harness/per_member.hpp"
#include "posix/mapping.hpp"
#include "workloads/array_common.hpp"

namespace shmoo::bench::arrays {

template <class M>
class Fill final : public Job {
 public:
  static std::string refusal(const Cell& cell) {
    if (elements_of(cell) < static_cast<std::size_t>(cell.procs))
      return std::to_string(elements_of(cell)) + " elements are too few for a part per process";
    return arrays::refusal<M>(cell, 1);
  }
  static std::unique_ptr<Job> make(const Cell& cell) { return std::make_unique<Fill>(cell); }

  explicit Fill(const Cell& cell) : array_(elements_of(cell)), filled_(cell.procs) {}

  void prepare(Member&) override { copy_.resize(array_.size()); }

  void work(Member& member, const Phase& phase) override {
    phase.timed ? fill<false>(member, phase) : fill<true>(member, phase);
    const int me = member.index();
    filled_[me].store(phase.first + phase.share, std::memory_order_relaxed);
    if (!phase.timed) return;
    if (finished_->fetch_add(1, std::memory_order_acq_rel) + 1 < member.procs()) return;
    if (const auto wrong = read_all(M::about.isolated ? me : kEverybody)) member.fail(*wrong);
  }

  std::optional<std::string> verify(std::span<const MemberReport>) override {
    copy_.resize(array_.size());
    return read_all(M::about.isolated ? kNobody : kEverybody);
  }

  std::vector<pid_t> servants() const override { return servants_of(array_); }

 private:
  static constexpr int kEverybody = -1;
  static constexpr int kNobody = -2;

  template <bool reads_back>
  void fill(Member& member, const Phase& phase) {
    const std::size_t begin = begin_of(member.index());
    const std::size_t length = length_of(member.index());
    std::uint64_t pass = phase.first / length;
    std::size_t at = phase.first % length;
    for (std::uint64_t left = phase.share; left > 0; --left) {
      const Element x = static_cast<Element>(begin + at) + static_cast<Element>(pass);
      array_.set(begin + at, x * x);
      if constexpr (reads_back)
        if (array_.get(begin + at) != x * x)
          member.fail("element " + std::to_string(begin + at) + " is not its square after it was set");
      if (++at == length) {
        at = 0;
        ++pass;
      }
    }
  }

  std::size_t begin_of(int part) const {
    return array_.size() * static_cast<std::size_t>(part) / static_cast<std::size_t>(filled_.size());
  }
  /// Reads what was filled; only the squares of part `visible` must be seen, or those of kEverybody.
  std::optional<std::string> read_all(int visible) {
    bool whole = true;
    for (int part = 0; part < filled_.size(); ++part) whole &= touched(part) == length_of(part);
    if (whole) array_.read(0, copy_);
    for (int part = 0; part < filled_.size(); ++part) {
      const std::span<Element> slice(copy_.data() + begin_of(part), touched(part));
      if (!whole) array_.read(begin_of(part), slice);
      if (visible == kEverybody || visible == part) {
        if (!holds_squares(slice, part))
          return "an element of part " + std::to_string(part) + " is not its square";
      } else {
        for (const Element x : slice)
          if (x != 0) return "an isolated array shows what another process wrote";
      }
    }
    return std::nullopt;
  }

  std::size_t length_of(int part) const { return begin_of(part + 1) - begin_of(part); }
  std::size_t touched(int part) const {
    return std::min<std::uint64_t>(filled_[part].load(std::memory_order_relaxed), length_of(part));
  }

  bool holds_squares(std::span<const Element> slice, int part) const {
    const std::size_t length = length_of(part);
    const std::uint64_t count = filled_[part].load(std::memory_order_relaxed);
    // The elements before `turn` were set once more than the others.
    const std::size_t turn = count % length;
    const auto passes = static_cast<Element>(count / length);
    const auto begin = static_cast<Element>(begin_of(part));
    Element wrong = 0;
    for (std::size_t i = 0; i < slice.size(); ++i) {
      const Element x = begin + static_cast<Element>(i) + passes - (i < turn ? 0 : 1);
      wrong |= slice[i] ^ (x * x);
    }
    return wrong == 0;
  }

  typename M::template Of<Element> array_;
  PerMember<std::atomic<std::uint64_t>> filled_;  // squares that each member has set, in both phases
  posix::Shared<std::atomic<int>> finished_{0, 0};
  std::vector<Element> copy_;  // a process's own
};

}  // namespace shmoo::bench::arrays
