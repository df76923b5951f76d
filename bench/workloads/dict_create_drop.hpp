// dict/create_drop
//
// Purpose: what does it cost to have a new shared object and to drop it again?
// Rules:   one operation = one process makes an empty dict beside the one that all share, and drops it. Each
// that is
//          made is another one than the one before. In the first half of the warm-up two are made at a time,
//          both must be empty, and what is set in one must be there and not in the other. When all have done,
//          no dict may be left but the shared one.
#pragma once
#include "harness/servants.hpp"
#include "workloads/dict_common.hpp"

namespace shmoo::bench::dicts {

template <class M>
class MakeAndDrop final : public Job {
  using Dict = typename M::Type;

 public:
  explicit MakeAndDrop(const Cell&) : dict_(dict::Shape()) {}

  void prepare(Member& member) override { make_some(member, {1, 0, 1, false}); }
  void work(Member& member, const Phase& phase) override { make_some(member, phase); }
  /// A drop need not wait for the server: but what this process asks now comes after it.
  void settle(Member&) override { dict_.made(); }

  std::optional<std::string> verify(std::span<const MemberReport>) override {
    if (const std::size_t left = dict_.made(); left > 0)
      return std::to_string(left) + " dicts that were dropped are still there";
    return std::nullopt;
  }
  std::vector<pid_t> servants() const override { return servants_of(dict_); }

 private:
  void make_some(Member& member, const Phase& phase) {
    if constexpr (dict::Delegating<Dict>) {
      accept(member, phase,
             dict_.work({.workload = "create_drop",
                         .member = member.index(),
                         .procs = member.procs(),
                         .proven = phase.proven(),
                         .count = phase.share}));
    } else {
      for (std::uint64_t left = phase.proven(); left > 0; --left) prove_two(member);
      member.stopwatch().each(phase.share - phase.proven(), [&] {
        const auto one = dict_.make();
        if (one.identity() == last_) member.fail("was given the same dict twice");
        last_ = one.identity();
      });
    }
  }

  void prove_two(Member& member) {
    auto one = dict_.make();
    auto other = dict_.make();
    std::string value;
    if (one.get("key", value) || other.get("key", value)) member.fail("a dict that was made is not empty");
    one.set("key", "value");
    if (!one.get("key", value) || value != "value")
      member.fail("a dict that was made does not keep what is set");
    if (other.get("key", value)) member.fail("two dicts that were made are the same");
  }

  Dict dict_;
  std::uint64_t last_ = 0;  // a member's own
};

template <class M>
struct CreateDrop {
  static constexpr bool kCan = dict::Maker<typename M::Type> || dict::Delegating<typename M::Type>;
  static std::string refusal(const Cell&) {
    std::string reason = M::refusal(dict::Shape());
    if (reason.empty() && !kCan) reason = "processes cannot make another shared dict after fork";
    return reason;
  }
  static std::unique_ptr<Job> make(const Cell& cell) {
    if constexpr (kCan) return std::make_unique<MakeAndDrop<M>>(cell);
    return nullptr;
  }
};

}  // namespace shmoo::bench::dicts
