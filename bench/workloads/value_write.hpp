// value/write
//
// Purpose: what does it cost when all processes set one value at the same time, none caring what it
//          was?
// Rules:   one operation = one process sets the one 8-byte value that all share to a number that
//          says who wrote it and as its how many-th write. Nothing else is done between two
//          operations.
//          Each write of the first half of the warm-up, and the last of all, is read back by its process. It
//          finds that write (it must when it is alone, or the mechanism isolates), or a later one of somebody
//          else: not an older one of its own, nor what it found before it wrote. When all have left,
//          the value must be the last write of one of them (of a mechanism that isolates: what it was
//          at the start). A timed write that is lost and written over before anybody reads is not
//          noticed: nobody could.
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
    Number& last = wrote_[member.index()].last;
    for (std::uint64_t left = phase.proven(); left > 0; --left) {
      this->value_.set(++next);
      last = next;
      read_back(member);
    }
    member.stopwatch().each(phase.share - phase.proven(), [&] {
      this->value_.set(++next);
      next_operation();
    });
    if (phase.share > 0) last = next;
  }

  void settle(Member& member) override { read_back(member); }

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
  /// After a write of its own: what stands there now must be newer than what stood there before it.
  void read_back(Member& member) {
    auto& own = wrote_[member.index()];
    const Number before = own.seen;
    own.seen = this->value_.get();
    if (own.seen == own.last) return;
    const int writer = writer_of(own.seen);
    if (M::about.isolated || member.procs() == 1 || writer == member.index() + 1 || own.seen == before)
      member.fail("a write did not stick: found " + std::to_string(own.seen) + " after writing " +
                  std::to_string(own.last));
    if (writer < 1 || writer > member.procs())
      member.fail("read " + std::to_string(own.seen) + ", which nobody wrote");
  }

  struct Wrote {
    Number last = 0;  ///< what this member wrote last
    Number seen = 0;  ///< what it found when it last looked
  };
  PerMember<Wrote> wrote_;
};

}  // namespace shmoo::bench::values
