// dict/nested
//
// Purpose: what does it cost to reach a value in a shared dict that lies in another one?
// Rules:   one operation = one process gets the value of a key drawn at random out of the dict that is as
// many dicts
//          below the shared one as the axis depth says, fetching one after the other from the top, checks
//          every byte of it, and drops what it fetched. Every dict on the way has the same 100 keys; their
//          values say how far down they lie. Nobody writes. At the end each value is where it was, and no
//          more dicts are there than at the start: what was fetched was given back.
#pragma once
#include "harness/servants.hpp"
#include "workloads/dict_common.hpp"

namespace shmoo::bench::dicts {

template <class M>
class FarDown final : public Job {
  using Dict = typename M::Type;

 public:
  explicit FarDown(const Cell& cell)
      : depth_(std::stoull(cell.axis("depth"))), bytes_(cell.bytes), dict_({kKeys + 1, cell.bytes}) {
    dict_.nest(depth_);
    std::string value(bytes_, '\0');
    for (std::size_t level = 0; level <= depth_; ++level)
      for (std::size_t key = 0; key < kKeys; ++key) {
        write_value(value, mark(level, key));
        dict_.set_nested(level, name(key), value);
      }
    there_ = dict_.made();
  }

  void prepare(Member& member) override {
    draw_.emplace(member.index());
    get(member, 0);
  }

  void work(Member& member, const Phase& phase) override {
    if constexpr (dict::Delegating<Dict>)
      return accept(member, phase,
                    dict_.work({.workload = "nested",
                                .member = member.index(),
                                .procs = member.procs(),
                                .bytes = bytes_,
                                .keys = kKeys,
                                .depth = depth_,
                                .count = phase.share}));
    member.stopwatch().each(phase.share, [&] { get(member, draw_->below(kKeys)); });
  }

  /// What this process asks now comes after all that it gave back.
  void settle(Member&) override { dict_.made(); }

  std::optional<std::string> verify(std::span<const MemberReport>) override {
    for (std::size_t level = 0; level <= depth_; ++level)
      for (std::size_t key = 0; key < kKeys; ++key)
        if (!right(level, key))
          return "the value of '" + name(key) + "' was changed " + std::to_string(level) + " dicts down";
    if (const std::size_t there = dict_.made(); there != there_)
      return std::to_string(there) + " dicts are there at the end instead of " + std::to_string(there_);
    return std::nullopt;
  }

  std::vector<pid_t> servants() const override { return servants_of(dict_); }

 private:
  static constexpr std::size_t kKeys = 100;

  static std::string name(std::size_t key) { return "key " + std::to_string(key); }
  static Mark mark(std::size_t level, std::size_t key) { return {key, 0, level}; }

  bool right(std::size_t level, std::size_t key) {
    if (!dict_.get_nested(level, name(key), got_)) return false;
    const auto found = read_value(got_, bytes_);
    return found && *found == mark(level, key);
  }
  void get(Member& member, std::size_t key) {
    if (!right(depth_, key))
      member.fail("got a wrong value of '" + name(key) + "' from " + std::to_string(depth_) + " dicts down");
  }

  const std::uint64_t depth_;
  const std::uint64_t bytes_;
  Dict dict_;
  std::size_t there_ =
      0;  // by made(): what it counts of dicts that only lie in others is the mechanism's affair
  // A member's own.
  std::optional<Draw> draw_;
  std::string got_;
};

template <class M>
struct Nested {
  static constexpr bool kCan = dict::Nesting<typename M::Type>;
  static std::string refusal(const Cell& cell) {
    std::string reason = M::refusal({.max_items = 128, .max_value_bytes = cell.bytes});
    if (reason.empty() && !kCan) reason = "its values are bytes and no dicts";
    return reason;
  }
  static std::unique_ptr<Job> make(const Cell& cell) {
    if constexpr (kCan) return std::make_unique<FarDown<M>>(cell);
    return nullptr;
  }
};

}  // namespace shmoo::bench::dicts
