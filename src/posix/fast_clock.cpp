#include "posix/fast_clock.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace shmoo::posix {
namespace {

/// The same moment by both clocks.
struct Moment {
  FastClock::Ticks ticks = 0;
  std::int64_t ns = 0;
};

// The narrowest of several brackets: whatever holds a reading up makes its bracket wider.
Moment moment(const FastClock& clock) {
  Moment best;
  std::int64_t narrowest = std::numeric_limits<std::int64_t>::max();
  for (int attempt = 0; attempt < 32; ++attempt) {
    const std::int64_t before = monotonic_ns();
    const FastClock::Ticks ticks = clock.now();
    const std::int64_t after = monotonic_ns();
    if (after - before >= narrowest) continue;
    narrowest = after - before;
    best = {ticks, before + (after - before) / 2};
  }
  return best;
}

double measured_ns_per_tick(const FastClock& clock) {
  constexpr std::int64_t kSpanNs = 5'000'000;  // brackets are some 50 ns wide: right to about 10 in a million
  const Moment first = moment(clock);
  while (monotonic_ns() - first.ns < kSpanNs) {
  }
  const Moment last = moment(clock);
  if (last.ticks <= first.ticks) throw std::runtime_error("the time stamp counter stands still");
  return static_cast<double>(last.ns - first.ns) / static_cast<double>(last.ticks - first.ticks);
}

FastClock::Ticks measured_cost(const FastClock& clock) {
  std::vector<FastClock::Ticks> gaps(1000);
  for (FastClock::Ticks& gap : gaps) {
    const FastClock::Ticks start = clock.now();
    gap = FastClock::between(start, clock.now());
  }
  // The mean of all but the longest tenth, which were interrupted: some counters go in steps as long as a
  // reading takes, and a median would only tell the step.
  std::sort(gaps.begin(), gaps.end());
  const auto kept = static_cast<std::ptrdiff_t>(gaps.size() / 10 * 9);
  return std::accumulate(gaps.begin(), gaps.begin() + kept, FastClock::Ticks{0}) /
         static_cast<FastClock::Ticks>(kept);
}

bool has_invariant_tsc() {
#if defined(__x86_64__)
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  return __get_cpuid(0x80000007, &a, &b, &c, &d) != 0 && (d >> 8 & 1U) != 0;
#else
  return false;
#endif
}

}  // namespace

FastClock::FastClock(Source source) : source_(source) {
#if !defined(__x86_64__)
  if (source == Source::tsc) throw std::invalid_argument("this build reads no time stamp counter");
#endif
  if (source == Source::tsc) ns_per_tick_ = measured_ns_per_tick(*this);
  cost_ = measured_cost(*this);
}

bool FastClock::has_trusted_tsc() {
  if (!has_invariant_tsc()) return false;
  std::ifstream file("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  std::string name;
  return file >> name && name == "tsc";
}

const FastClock& FastClock::best() {
  static const FastClock clock(has_trusted_tsc() ? Source::tsc : Source::clock_gettime);
  return clock;
}

}  // namespace shmoo::posix
