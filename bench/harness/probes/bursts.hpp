// What probes have in common: bursts of several forms, of which the best counts, and parties that follow the
// first one from burst to burst.
#pragma once
#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "harness/probe.hpp"
#include "posix/mapping.hpp"
#include "sync/event.hpp"
#include "sync/patience.hpp"

namespace shmoo::bench::probes {

inline constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kWorst = std::numeric_limits<double>::infinity();
/// When a party that waits inside a burst takes the other for lost. Generous: the other may only be
/// descheduled.
inline constexpr posix::Nanoseconds kLost = std::chrono::seconds(1);

/// A flag on a line of its own.
template <class T>
struct alignas(posix::kPad) Line {
  std::atomic<T> value{0};
};

/// Looks until `ready()`, without a system call. @return false when the other party is lost.
template <class Ready>
bool look_until(Ready ready, int pauses) {
  for (std::int64_t since = 0;;) {
    for (int look = 0; look < 4096; ++look) {
      if (ready()) return true;
      for (int pause = 0; pause < pauses; ++pause) sync::relax();
    }
    // Rarely: the clock would be part of what is measured.
    const std::int64_t now = posix::monotonic_ns();
    if (since == 0) since = now;
    if (now - since > kLost.count()) return false;
  }
}

template <class Work>
double timed(std::uint64_t operations, Work work) {
  const std::int64_t start = posix::monotonic_ns();
  work();
  return static_cast<double>(posix::monotonic_ns() - start) / static_cast<double>(operations);
}

/// The bursts and forms of every probe: party 0 leads, the others follow it from burst to burst.
class Bursts : public Probe {
 public:
  double measure(int party, posix::Nanoseconds budget) final {
    const std::int64_t end = posix::monotonic_ns() + budget.count();
    return party == 0 ? lead([&](std::uint64_t) { return posix::monotonic_ns() < end; }) : follow(party);
  }

  double repeat(int party, std::uint64_t operations) final {
    return party == 0 ? lead([&](std::uint64_t done) { return done < operations; }) : follow(party);
  }

 protected:
  Bursts(int parties, int forms) : parties_(parties), forms_(forms), turn_(0) {}
  int parties() const { return parties_; }

  /// Party 0's part of a burst. @return ns per operation, NaN when another party was lost.
  virtual double burst(int form) = 0;
  /// Operations of one burst.
  virtual std::uint64_t operations(int form) const = 0;
  /// So many bursts, whatever they take.
  virtual int least_bursts() const { return 1; }
  /// Another party's part. @return false when party 0 was lost.
  virtual bool partner(int /*party*/, int /*form*/) { return true; }

 private:
  struct Turn {
    alignas(posix::kPad) std::atomic<std::uint32_t> number{0};  // even: over; odd: burst `form` goes on
    std::atomic<std::int32_t> form{0};
    alignas(posix::kPad) std::atomic<int> ready{0};
    sync::Event event;
    sync::Event answered;
  };

  template <class More>
  double lead(More more) {
    double best = kWorst;
    std::uint64_t done = 0;
    for (int count = 0; count < least_bursts() || more(done); ++count) {
      const int form = count % forms_;
      if (!call(form)) return kUnknown;
      const double ns = burst(form);
      if (std::isnan(ns)) {
        call(kOver);
        return kUnknown;
      }
      best = std::min(best, ns);
      done += operations(form);
    }
    call(kOver);
    return best;
  }

  /// Calls the others to the next burst and waits until all have come.
  bool call(int form) {
    if (parties_ == 1) return true;
    Turn& turn = *turn_;
    turn.ready.store(0, std::memory_order_relaxed);
    turn.form.store(form, std::memory_order_relaxed);
    turn.number.fetch_add(1, std::memory_order_release);
    turn.event.notify_all();
    return turn.answered.wait([&] { return turn.ready.load(std::memory_order_acquire) == parties_ - 1; },
                              posix::Deadline::in(kLost));
  }

  double follow(int party) {
    Turn& turn = *turn_;
    // Where the last probe of this kind ended: all parties have seen the same turns.
    for (;;) {
      const std::uint32_t next = seen_ + 1;
      const bool called = turn.event.wait(
          [&] { return static_cast<std::int32_t>(turn.number.load(std::memory_order_acquire) - next) >= 0; },
          posix::Deadline::in(2 * kLost));
      if (!called) return kUnknown;
      seen_ = next;
      const int form = turn.form.load(std::memory_order_relaxed);
      turn.ready.fetch_add(1, std::memory_order_acq_rel);
      turn.answered.notify_all();
      if (form == kOver) return kUnknown;
      if (!partner(party, form)) return kUnknown;
    }
  }

  static constexpr int kOver = -1;
  const int parties_;
  const int forms_;
  posix::Shared<Turn> turn_;
  std::uint32_t seen_ = 0;  // this process's own
};

}  // namespace shmoo::bench::probes
