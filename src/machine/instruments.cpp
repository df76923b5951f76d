#include "machine/instruments.hpp"

#include <cstdio>

#include "posix/fast_clock.hpp"
#include "posix/perf.hpp"

namespace shmoo::machine {
namespace {

// The least step that two readings are ever apart: no latency is told finer than that.
double resolution_ns(const posix::FastClock& clock) {
  posix::FastClock::Ticks least = 0;
  for (int pair = 0; pair < 2000; ++pair) {
    const posix::FastClock::Ticks start = clock.now();
    posix::FastClock::Ticks end = clock.now();
    while (end == start) end = clock.now();
    const posix::FastClock::Ticks step = posix::FastClock::between(start, end);
    if (step > 0 && (least == 0 || step < least)) least = step;
  }
  return clock.ns(least);
}

std::string clock_text(const Json& clock) {
  char cost[32];
  std::snprintf(cost, sizeof cost, ", %.3g ns a reading", clock["cost_ns"].get<double>());
  return "clock: " + clock["source"].get<std::string>() + cost;
}

std::string counters_text(const Json& counters) {
  if (counters["available"].get<bool>()) return "hardware counters: " + counters["scope"].get<std::string>();
  return "hardware counters: none, " + counters["reason"].get<std::string>();
}

}  // namespace

Json instruments() {
  const posix::FastClock& clock = posix::FastClock::best();
  const posix::PerfSupport& perf = posix::perf_support();
  Json counters{
      {"available", perf.available}, {"scope", nullptr}, {"reason", nullptr}, {"permitted", perf.permitted}};
  if (perf.available)
    counters["scope"] = perf.kernel ? "user and kernel" : "user";
  else
    counters["reason"] = perf.reason;
  return {{"clock",
           {{"source", clock.name()},
            {"cost_ns", clock.cost_ns()},
            {"resolution_ns", resolution_ns(clock)},
            {"ticks_per_ns", clock.ticks_per_ns()}}},
          {"counters", std::move(counters)}};
}

std::vector<Finding> instrument_findings(const Json& instruments) {
  std::vector<Finding> all;
  all.push_back({"clock", Severity::ok, clock_text(instruments["clock"]), "", ""});
  const Json& counters = instruments["counters"];
  if (counters["available"].get<bool>() || counters["permitted"].get<bool>())
    all.push_back({"counters", Severity::ok, counters_text(counters), "", ""});
  else
    all.push_back({"counters", Severity::warning, counters_text(counters),
                   "rows have no cycles, instructions and cache misses; everything else is complete",
                   "sudo sysctl kernel.perf_event_paranoid=1 (docker: --cap-add PERFMON)"});
  return all;
}

std::string instrument_summary(const Json& instruments) {
  return clock_text(instruments["clock"]) + "; " + counters_text(instruments["counters"]);
}

}  // namespace shmoo::machine
