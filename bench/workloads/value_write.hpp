// value/write
//
// Purpose: what does it cost when all processes set one value at the same time, none caring what it
//          was?
// Rules:   one operation = one process sets the one 8-byte value that all share to a number that
//          says who wrote it and as its how many-th write. Nothing else is done between two
//          operations.
//          At its end each process reads the value once: it must be a write that was really made,
//          and where it is its own, its last one. When all have left, the value must be the last
//          write of one of them (of a mechanism that isolates: what it was at the start; and each
//          process must find its own last write).
#pragma once
#include <memory>

#include "harness/opaque.hpp"
#include "harness/per_member.hpp"
#include "harness/value_job.hpp"
#include "harness/workload.hpp"

namespace shmoo::bench::values {

using Number = std::int64_t;

/// Number of a write: the writer counts from 1 (0: nobody has written yet), so do its writes.
inline constexpr int kWriterShift = 44;
constexpr int writer_of(Number x) {
  return static_cast<int>(x >> kWriterShift);
}

template <class M>
class Write final : public ValueJob<M, Number> {
 public:
  static std::string refusal(const Cell&) { return refusal_to_hold<M, Number>(); }
  static std::unique_ptr<Job> make(const Cell& cell) {
    if constexpr (value::Value<typename M::template Of<Number>>) return std::make_unique<Write>(cell.procs);
    return nullptr;
  }
  explicit Write(int procs) : wrote_(procs) {}

  void work(Member& member, const Phase& phase) override {
    Number next =
        (static_cast<Number>(member.index() + 1) << kWriterShift) + static_cast<Number>(phase.first);
    member.stopwatch().each(phase.share, [&] {
      this->value_.set(++next);
      next_operation();
    });
    if (phase.share > 0) wrote_[member.index()].last = next;
  }

  void settle(Member& member) override {
    auto& own = wrote_[member.index()];
    own.seen = this->value_.get();
    if ((M::about.isolated || writer_of(own.seen) == member.index() + 1) && own.seen != own.last)
      member.fail("found an older write of its own after its last");
  }

  std::optional<std::string> verify(std::span<const MemberReport>) override {
    const Number left = this->value_.get();
    bool proven = M::about.isolated && left == 0;
    for (int index = 0; index < wrote_.size(); ++index) {
      const Number seen = wrote_[index].seen;
      if (writer_of(seen) < 0 || writer_of(seen) > wrote_.size() ||
          (writer_of(seen) > 0 && seen > wrote_[writer_of(seen) - 1].last))
        return "member " + std::to_string(index) + " read " + std::to_string(seen) + ", which nobody wrote";
      proven |= !M::about.isolated && left != 0 && left == wrote_[index].last;
    }
    if (proven) return std::nullopt;
    return "the value at the end, " + std::to_string(left) + ", is nobody's last write";
  }

 private:
  struct Wrote {
    Number last = 0;  ///< what this member wrote last
    Number seen = 0;  ///< what it found when it was done
  };
  PerMember<Wrote> wrote_;
};

}  // namespace shmoo::bench::values
