// value/read
//
// Purpose: what does it cost when all processes read one value that nobody changes?
// Rules:   one operation = one process reads the one 8-byte value that all share. Nothing else is
//          done between two operations but adding up what was read; the sum must be the value times
//          the number of reads, so one wrong read is one too many.
//          Before the gate each process has changed the value once by nothing (added 0): a
//          mechanism that keeps a part per process must read all the parts.
#pragma once
#include <memory>

#include "harness/opaque.hpp"
#include "harness/value_job.hpp"
#include "harness/workload.hpp"

namespace shmoo::bench::values {

using Number = std::int64_t;
inline constexpr Number kValue = 0x5ca1ab1e'0ddba11;  // any number whose halves are not zero

template <class M>
class Read final : public ValueJob<M, Number> {
 public:
  static std::string refusal(const Cell&) {
    const char* reason = M::template refusal<Number>;
    return reason ? reason : "";
  }
  static std::unique_ptr<Job> make(const Cell&) { return std::make_unique<Read>(); }
  Read() : ValueJob<M, Number>(kValue) {}

  void prepare(Member&) override { this->value_.add(0); }

  void work(Member& member, const Phase& phase) override {
    std::uint64_t sum = 0;
    member.stopwatch().each(phase.share, [&] {
      sum += static_cast<std::uint64_t>(this->value_.get());
      next_operation();
    });
    sum_ += sum;
    reads_ += phase.share;
  }

  void settle(Member& member) override {
    if (sum_ != reads_ * static_cast<std::uint64_t>(kValue))
      member.fail("a read found another value than was set");
  }

  std::optional<std::string> verify(std::span<const MemberReport>) override {
    if (this->value_.get() == kValue) return std::nullopt;
    return "the value has changed though nobody wrote";
  }

 private:
  // A member's own, since it is a copy after fork.
  std::uint64_t sum_ = 0;
  std::uint64_t reads_ = 0;
};

}  // namespace shmoo::bench::values
