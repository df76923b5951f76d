// globals/fork
//
// Purpose: what does it cost to hand all memory to a child as a snapshot, by how much memory there is?
// Rules:   one operation = one process forks a child, which looks, writes and exits, and waits for its
//          end. `bytes` is the resident memory of the forking process on top of the program itself, in 4
//          KiB pages or, with pages:thp, in huge ones. With more processes, each forks children of its
//          own, from memory of its own, at the same time. The child looks at two words and writes one:
//          the two page faults of that word, one in the child and one in the parent, are part of the
//          operation.
// Proof:   the child finds the value that the parent gave the word just before the fork, and in one page
//          of the resident memory, another one each time, what was put there; it changes the word for
//          itself, and the parent finds its own value unchanged when the child has gone.
#pragma once
#include <memory>

#include "posix/bare_fork.hpp"
#include "workloads/globals_common.hpp"

namespace shmoo::bench::globals {

template <class M>
class Fork final : public Job {
 public:
  static std::string refusal(const Cell& cell) {
    const Pages pages = pages_of(cell);
    if (std::string reason = M::refusal(cell.bytes, pages); !reason.empty()) return reason;
    return memory_refusal(cell.bytes * static_cast<std::uint64_t>(cell.procs));
  }
  static std::unique_ptr<Job> make(const Cell& cell) { return std::make_unique<Fork>(cell); }

  explicit Fork(const Cell& cell) : bytes_(cell.bytes), pages_(pages_of(cell)) {}

  void prepare(Member&) override {
    variable_.emplace(sizeof(std::uint64_t), Pages::small);
    if (bytes_ == 0) return;
    resident_.emplace(bytes_, pages_);
    make_resident(*resident_, pages_);
  }

  void work(Member& member, const Phase& phase) override {
    volatile std::uint64_t& variable = word(variable_->bytes(), 0);
    std::uint64_t i = phase.first;
    member.stopwatch().each(phase.share, [&] {
      variable = i;
      const pid_t child = posix::bare_fork([&] {
        if (variable != i) return kAnotherValue;
        if (!resident_as_put(i)) return kAnotherPage;
        variable = ~i;
        return variable == ~i ? kGood : kNotWritten;
      });
      const posix::Ending ending = posix::reap(child);
      if (ending.signal != 0 || ending.code != kGood) member.fail("a forked child " + meaning(ending));
      if (variable != i) member.fail("what the child wrote reached its parent");
      ++i;
    });
  }

  std::optional<std::string> verify(std::span<const MemberReport>) override {
    return std::nullopt;  // each member has proven each of its forks
  }

 private:
  // Not 0: a child that leaves before it has looked has proven nothing.
  enum Verdict : int { kGood = 10, kAnotherValue, kAnotherPage, kNotWritten };

  static std::string meaning(const posix::Ending& ending) {
    switch (ending.code) {
      case 0:
        return ending.signal != 0 ? ending.text() : "left in silence (exited with 0)";
      case kAnotherValue:
        return "saw another value than at the fork";
      case kAnotherPage:
        return "saw another page than at the fork";
      case kNotWritten:
        return "could not write its own copy";
      default:
        return ending.text();
    }
  }

  bool resident_as_put(std::uint64_t operation) const {
    if (!resident_) return true;
    const std::size_t pages = bytes_ / kSmallPage;
    const std::size_t page = operation * 0x9E3779B1U % pages;
    return word(resident_->bytes(), page) == page + 1;
  }

  std::uint64_t bytes_;
  Pages pages_;
  // A member's own, made in its own process.
  std::optional<typename M::Type> variable_;
  std::optional<typename M::Type> resident_;
};

}  // namespace shmoo::bench::globals
