// value/increment
//
// Purpose: what does it cost when all processes change one value at the same time?
// Rules:   one operation = one process adds 1 to the one 8-byte value that all share, in one
//          indivisible step of the mechanism. Nothing else is done between two operations.
//          The sum at the end must be the number of all operations: a mechanism that promises
//          updates and loses one has failed; one that `loses_updates` must not find more than there
//          were, nor none at all, and one process alone has nothing to lose; one that isolates must
//          find none of them in the parent, and all of its own in each member.
#pragma once
#include <memory>

#include "harness/opaque.hpp"
#include "harness/per_member.hpp"
#include "harness/value_job.hpp"
#include "harness/workload.hpp"

namespace shmoo::bench::values {

using Number = std::int64_t;

template <class M>
class Increment final : public ValueJob<M, Number> {
 public:
  static std::string refusal(const Cell&) {
    const char* reason = M::template refusal<Number>;
    return reason ? reason : "";
  }
  static std::unique_ptr<Job> make(const Cell& cell) { return std::make_unique<Increment>(cell.procs); }
  explicit Increment(int procs) : added_(procs) {}

  void work(Member& member, const Phase& phase) override {
    member.stopwatch().each(phase.share, [&] {
      this->value_.add(1);
      next_operation();
    });
    added_[member.index()] += static_cast<Number>(phase.share);
  }

  void settle(Member& member) override {
    if (M::about.isolated && this->value_.get() != added_[member.index()])
      member.fail("its own value is " + std::to_string(this->value_.get()) + " after " +
                  std::to_string(added_[member.index()]) + " own increments");
  }

  std::optional<std::string> verify(std::span<const MemberReport>) override {
    Number expected = 0;
    for (int index = 0; index < added_.size(); ++index) expected += M::about.isolated ? 0 : added_[index];
    const Number found = this->value_.get();
    const bool may_lose = M::about.loses_updates && added_.size() > 1;
    if (found == expected || (may_lose && 0 < found && found < expected)) return std::nullopt;
    return "the value is " + std::to_string(found) + " after " + std::to_string(expected) +
           " visible increments";
  }

 private:
  PerMember<Number> added_;
};

}  // namespace shmoo::bench::values
