// queue/round_trip
//
// Purpose: how long does it take to ask another process and have its answer?
// Rules:   one operation = one item there and one item back, through two queues, nothing else on the way. The
//          item is written anew by its sender and read in full by its receiver (see queue_traffic.hpp), in
//          both directions; each must come exactly once, whole and in order. The answer is an item of the
//          second process's own, of the same size.
#pragma once
#include "workloads/queue_traffic.hpp"

namespace shmoo::bench::traffic {

template <class M>
class RoundTrip final : public Job {
 public:
  static std::string refusal(const Cell& cell) { return M::refusal(shape_for(cell, {1, 1})); }
  static std::unique_ptr<Job> make(const Cell& cell) { return std::make_unique<RoundTrip>(cell); }

  explicit RoundTrip(const Cell& cell)
      : bytes_(cell.bytes),
        there_(shape_for(cell, {1, 1})),
        back_(shape_for(cell, {1, 1})),
        put_(cell.procs),
        got_(cell.procs) {}

  void prepare(Member& member) override {
    // In each direction there is one producer, number 0.
    source_.emplace(0, bytes_, false, put_.of(member.index()));
    sink_.emplace(1, bytes_, true, got_.of(member.index()));
  }

  void work(Member& member, const Phase& phase) override {
    member.did(phase.total, member.index());  // each waits for the other: they do not compete
    const auto get = [&](auto& queue) {
      if (!sink_->get(member, queue)) member.fail("an end mark came that nobody put");
    };
    if (member.index() == 0) {
      member.stopwatch().each(phase.total, [&] {
        source_->put(member, there_);
        get(back_);
      });
    } else {
      for (std::uint64_t left = phase.total; left > 0; --left) {
        get(there_);
        source_->put(member, back_);
      }
    }
  }

  void settle(Member& member) override { (member.index() == 0 ? there_ : back_).flush(); }

  std::string so_far() override {
    const auto count = [](const Tally& tally) { return std::to_string(tally.count); };
    return "there " + count(put_.of(0)) + " items were put and " + count(got_.of(1)) + " were got, back " +
           count(put_.of(1)) + " and " + count(got_.of(0));
  }

  std::optional<std::string> verify(std::span<const MemberReport>) override {
    if (got_.of(0).count != got_.of(1).count)
      return std::to_string(got_.of(1).count) + " items went there and " + std::to_string(got_.of(0).count) +
             " came back";
    if (const std::size_t left = there_.size() + back_.size(); left != 0)
      return std::to_string(left) + " items are left in the queues";
    return std::nullopt;
  }

  std::vector<pid_t> servants() const override { return servants_of(there_, back_); }

 private:
  const std::size_t bytes_;
  typename M::Type there_;
  typename M::Type back_;
  Tallies put_;
  Tallies got_;
  // Each process's own, made in prepare().
  std::optional<Source> source_;
  std::optional<Sink> sink_;
};

}  // namespace shmoo::bench::traffic
