// The job of queue/paced: two processes that first find out how fast items flow between them, and then let
// them come by a schedule. What is measured and proven stands in queue_paced.cpp.
#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <memory>
#include <vector>

#include "harness/team.hpp"
#include "posix/rest.hpp"
#include "sync/patience.hpp"
#include "workloads/queue_traffic.hpp"

namespace shmoo::bench::traffic {

using posix::FastClock;
using Ticks = FastClock::Ticks;

inline constexpr std::array<double, 2> kFreeFlowNs{2e6, 4e6};  // the first one warms up
inline constexpr double kTrialNs = 4e6;
inline constexpr int kTrials = 3;
inline constexpr int kStreams = 2 + kTrials;       // before the timed part, each with its end mark
inline constexpr double kLongestNs = 50e6;         // of free flow
inline constexpr std::uint64_t kLeastItems = 128;  // per stream, unless that takes too long
inline constexpr double kJudgedNs = 5e6;           // a schedule that is shorter says nothing about a rate
inline constexpr double kMostLate = 0.02;

/// When items came, every few: enough to see how fast they flowed, quarter by quarter.
class Arrivals {
 public:
  Arrivals() : times_(kMost) {}  // written once, so that they are present
  void restart() { count_ = 0; }
  void add(Ticks now) {
    if (count_ % kStep == 0 && count_ / kStep < kMost) times_[count_ / kStep] = now;
    last_ = now;
    ++count_;
  }
  /// Ticks between two items in the second slowest quarter, or in all when they are too few to be divided.
  double interval() const {
    const std::uint64_t steps = std::min<std::uint64_t>((count_ - 1) / kStep, kMost - 1);
    if (steps < 8)
      return static_cast<double>(last_ - times_[0]) /
             static_cast<double>(std::max<std::uint64_t>(1, count_ - 1));
    std::array<double, 4> quarters;
    for (std::size_t quarter = 0; quarter < quarters.size(); ++quarter) {
      const std::uint64_t from = steps * quarter / quarters.size();
      const std::uint64_t to = steps * (quarter + 1) / quarters.size();
      quarters[quarter] =
          static_cast<double>(times_[to] - times_[from]) / static_cast<double>((to - from) * kStep);
    }
    std::sort(quarters.begin(), quarters.end());
    return quarters[2];
  }

 private:
  static constexpr std::uint64_t kStep = 16;
  static constexpr std::uint64_t kMost = 1 << 16;
  std::vector<Ticks> times_;
  std::uint64_t count_ = 0;
  Ticks last_ = 0;
};

template <class M>
class Paced final : public Job {
 public:
  static std::string refusal(const Cell& cell) { return M::refusal(shape_for(cell, {1, 1})); }
  static std::unique_ptr<Job> make(const Cell& cell) { return std::make_unique<Paced>(cell); }

  explicit Paced(const Cell& cell)
      : bytes_(cell.bytes),
        load_(std::stod(cell.axis("load")) / 100),
        queue_(shape_for(cell, {1, 1})),
        tallies_(cell.procs) {}

  void prepare(Member& member) override {
    if (member.index() == 0) {
      source_.emplace(0, bytes_, false, tallies_.of(0));
    } else {
      sink_.emplace(1, bytes_, true, tallies_.of(1));
      arrivals_.emplace();
    }
  }

  void work(Member& member, const Phase& phase) override {
    member.did(phase.total, member.index());  // sender and receiver do not compete
    if (member.index() == 0)
      phase.timed ? send(member, phase.total) : saturate(member);
    else
      phase.timed ? receive(member, phase.total) : drain(member);
  }

  void settle(Member& member) override {
    if (member.index() == 0) queue_.flush();
  }

  std::optional<std::string> verify(std::span<const MemberReport>) override {
    // The end marks of the warm-up are in neither.
    if (tallies_.of(0).count != tallies_.of(1).count)
      return std::to_string(tallies_.of(0).count) + " items were put and " +
             std::to_string(tallies_.of(1).count) + " were got";
    const Pace& pace = *pace_;
    if (pace.scheduled_ns < kJudgedNs || pace.late_ns <= kMostLate * pace.scheduled_ns || pace.caught_up)
      return std::nullopt;
    char text[160];
    std::snprintf(text, sizeof text,
                  "%s%.4g items per second (%.0f %% of the capacity) were due, %.4g were sent",
                  kMissedRate.data(), 1e9 / pace.interval_ns, 100 * load_,
                  1e9 / (pace.interval_ns * (1 + pace.late_ns / pace.scheduled_ns)));
    throw LaunchFailed(text);
  }

  std::vector<pid_t> servants() const override { return servants_of(queue_); }

 private:
  /// What the two agree on, and what the sender says when it is done.
  struct Pace {
    std::atomic<double> interval{0};  ///< ticks between two items at full capacity, as far as it is known
    std::atomic<Ticks> begin{0};      ///< when the first item is due
    double interval_ns = 0;           ///< between two items
    double scheduled_ns = 0;          ///< all items' intervals
    double late_ns = 0;               ///< how much later than scheduled the last one was sent
    bool caught_up = false;           ///< on time at least once in the last quarter
  };

  /// The sender's side of finding out the capacity: free flow, to warm up and to be measured, and then
  /// schedules as dense as that.
  void saturate(Member& member) {
    const FastClock& clock = member.stopwatch().clock();
    for (const double span_ns : kFreeFlowNs) {
      const Ticks start = clock.now();
      double past_ns = 0;
      for (std::uint64_t items = 0; past_ns < span_ns || (items < kLeastItems && past_ns < kLongestNs);
           ++items) {
        source_->put(member, queue_);
        past_ns = clock.ns(FastClock::between(start, clock.now()));
      }
      end_stream(member);
    }
    double every = 0;
    while ((every = pace_->interval.load()) == 0) posix::yield();
    const double items = clock.ticks(kTrialNs) / every;
    for (int trial = 0; trial < kTrials; ++trial) {
      follow(member, clock.now(), every, std::max(kLeastItems, static_cast<std::uint64_t>(items)));
      end_stream(member);
    }
  }

  void end_stream(Member& member) {
    queue_.flush();
    source_->put_end_mark(member, queue_);
    queue_.flush();
  }

  void drain(Member& member) {
    const FastClock& clock = member.stopwatch().clock();
    for (int stream = 0; stream < kStreams; ++stream) {
      arrivals_->restart();
      const Ticks start = clock.now();
      while (sink_->get(member, queue_)) {
        const Ticks now = clock.now();
        member.stopwatch().record(FastClock::between(start, now));  // what receive() does with each
        arrivals_->add(now);
      }
      if (stream > 0) pace_->interval.store(std::max(pace_->interval.load(), arrivals_->interval()));
    }
  }

  /// Ticks between two items of the timed part.
  double interval() const { return pace_->interval.load() / load_; }

  /// Sends `items` by the schedule. @return the last item that had to wait for its time.
  std::uint64_t follow(Member& member, Ticks begin, double every, std::uint64_t items) {
    const FastClock& clock = member.stopwatch().clock();
    std::uint64_t on_time = 0;
    for (std::uint64_t item = 0; item < items; ++item) {
      const Ticks due = begin + static_cast<Ticks>(static_cast<double>(item) * every);
      if (const Ticks now = clock.now(); now < due) {
        on_time = item;
        wait_until(clock, due, now);
      }
      source_->put(member, queue_);
    }
    return on_time;
  }

  void send(Member& member, std::uint64_t items) {
    const FastClock& clock = member.stopwatch().clock();
    const double every = interval();
    const Ticks begin = clock.now() + static_cast<Ticks>(every);
    pace_->begin.store(begin);
    const std::uint64_t on_time = follow(member, begin, every, items);
    const double scheduled = static_cast<double>(items) * every;
    const Ticks taken = FastClock::between(begin, clock.now());
    pace_->interval_ns = every / clock.ticks_per_ns();
    pace_->scheduled_ns = scheduled / clock.ticks_per_ns();
    pace_->late_ns = (static_cast<double>(taken) - scheduled) / clock.ticks_per_ns();
    pace_->caught_up = on_time >= items - items / 4;
  }

  static void wait_until(const FastClock& clock, Ticks due, Ticks now) {
    if (sync::patience().spins > 0) {
      // Who works for the queue may share this CPU and must not wait until a time slice is over.
      constexpr double kYieldNs = M::about.helped || M::about.served ? 0 : 1'000;
      for (; now < due; now = clock.now())
        if (clock.ns(due - now) > kYieldNs) posix::yield();
      return;
    }
    constexpr double kSlackNs = 100'000;  // a sleep ends some 60 us late
    for (; now < due; now = clock.now()) {
      const double left_ns = clock.ns(due - now);
      if (left_ns > kSlackNs)
        posix::nap(posix::Nanoseconds(static_cast<std::int64_t>(left_ns - kSlackNs)));
      else
        posix::yield();
    }
  }

  void receive(Member& member, std::uint64_t items) {
    const FastClock& clock = member.stopwatch().clock();
    const double every = interval();
    Ticks begin = 0;
    for (std::uint64_t item = 0; item < items; ++item) {
      if (!sink_->get(member, queue_)) member.fail("an end mark came that nobody put");
      const Ticks now = clock.now();
      if (item == 0) begin = pace_->begin.load();
      const Ticks due = begin + static_cast<Ticks>(static_cast<double>(item) * every);
      member.stopwatch().record(FastClock::between(due, now));
    }
  }

  const std::size_t bytes_;
  const double load_;  // of the capacity, 0 to 1
  typename M::Type queue_;
  Tallies tallies_;
  posix::Shared<Pace> pace_{0};
  // Each process's own, made in prepare().
  std::optional<Source> source_;
  std::optional<Sink> sink_;
  std::optional<Arrivals> arrivals_;
};

}  // namespace shmoo::bench::traffic
