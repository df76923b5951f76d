#include "harness/round.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <stdexcept>

#include "harness/fixture.hpp"
#include "harness/row.hpp"
#include "harness/selection.hpp"
#include "posix/interrupt.hpp"

namespace shmoo::bench {
namespace {

/// Keeps what became of a cell as an event. Google Benchmark's own output formats have no part in it.
class EventReporter final : public ::benchmark::BenchmarkReporter {
 public:
  explicit EventReporter(const CellFixture& fixture) : fixture_(fixture) {}
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    const Candidate& candidate = fixture_.candidate();
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      if (run.error_occurred || !fixture_.last())
        event_ = {{"failure", {{"name", candidate.cell.name()}, {"reason", run.error_message}}}};
      else
        event_ = {{"sample", row_of(fixture_.workload(), candidate, *fixture_.last())}};
    }
  }
  const results::Json& event() const { return event_; }

 private:
  const CellFixture& fixture_;
  results::Json event_;
};

struct Result {
  results::Json event;
  std::uint64_t operations = 0;  ///< of the last launch; 0 when it failed
  double least_ns = 0;           ///< per operation, over all launches
};

/// Runs one cell by Google Benchmark. One at a time: the library would else hold its fixtures and report in
/// its own order.
Result run_cell(const Selected& cell, const FixtureOptions& options) {
  auto* fixture = new CellFixture(cell.candidate, *cell.workload, options);
  ::benchmark::internal::RegisterBenchmarkInternal(fixture);  // which owns it from here on
  EventReporter reporter(*fixture);
  ::benchmark::RunSpecifiedBenchmarks(&reporter, ".");
  const Result result{reporter.event(), fixture->last() ? fixture->last()->operations : 0,
                      fixture->least_ns()};
  ::benchmark::ClearRegisteredBenchmarks();
  return result;
}

/// A sample of a cell whose count of operations is not known yet: launches without probes grow until one is
/// long enough to be believed, then one with all that belongs to a sample lasts for `plan.min_time_s`. What
/// counts is the quickest time of an operation so far: a launch that was held up (a stolen slice, a late
/// wake-up) is long with far too few operations, and its count would stay for all rounds.
Result calibrate(const Selected& cell, const RoundPlan& plan) {
  // Rests make the length of a launch, not operations: some two seconds of them, and enough for a median.
  if (const posix::Nanoseconds rest = rest_of(cell.candidate.cell); rest.count() > 0) {
    const auto count = std::clamp<std::int64_t>(2'000'000'000 / rest.count(), 20, 200);
    return run_cell(cell, {static_cast<std::uint64_t>(count * cell.candidate.cell.procs), plan.launch});
  }
  constexpr int kMostLaunches = 20;  // each but the last at least doubles the count
  constexpr double kBelieved = 1.0 / 8;
  const double wanted_ns = plan.min_time_s * cell.workload->stretch * 1e9;
  LaunchOptions bare = plan.launch;
  bare.floors = false;
  Result result;
  double least_ns = std::numeric_limits<double>::max();
  auto count = static_cast<std::uint64_t>(cell.candidate.cell.procs);
  bool whole = false;
  for (int launch = 0; launch < kMostLaunches; ++launch) {
    result = run_cell(cell, {count, whole ? plan.launch : bare});
    if (result.operations == 0) return result;
    least_ns = std::max(1e-3, std::min(least_ns, result.least_ns));
    const double lasted = static_cast<double>(result.operations) * least_ns / wanted_ns;
    if (whole && lasted >= 0.5) return result;
    const auto wanted = static_cast<std::uint64_t>(std::max(1.0, wanted_ns / least_ns));
    whole = lasted >= kBelieved;
    // The first ones are cold, and slower than what follows: the step may be long.
    count = whole ? wanted : std::clamp(wanted / 4, 2 * result.operations, 1000 * result.operations);
  }
  return whole ? result : run_cell(cell, {count, plan.launch});
}

}  // namespace

results::Json RoundPlan::to_json() const {
  results::Json json{{"min_time_s", min_time_s},       {"limit_ns", launch.limit.count()},
                     {"floors", launch.floors},        {"awake", launch.awake},
                     {"spin_ns", launch.spin_ns},      {"axes", axes.to_json()},
                     {"cells", results::Json::array()}};
  for (const PlannedCell& cell : cells)
    json["cells"].push_back({{"name", cell.name}, {"operations", cell.operations}});
  return json;
}

RoundPlan RoundPlan::from_json(const results::Json& json) {
  RoundPlan plan;
  plan.min_time_s = json.at("min_time_s");
  plan.launch.limit = posix::Nanoseconds(json.at("limit_ns").get<std::int64_t>());
  plan.launch.floors = json.at("floors");
  plan.launch.awake = json.at("awake");
  plan.launch.spin_ns = json.at("spin_ns");
  plan.axes = Axes::from_json(json.at("axes"));
  for (const auto& cell : json.at("cells")) plan.cells.push_back({cell.at("name"), cell.at("operations")});
  return plan;
}

void run_round(const RoundPlan& plan, const char* program,
               const std::function<void(const results::Json&)>& tell) {
  std::string name = program;
  char* arguments[] = {name.data(), nullptr};
  int count = 1;
  ::benchmark::Initialize(&count, arguments);

  const std::vector<Selected> grid = expand(select(Profile::full, ""), plan.axes);
  std::map<std::string, const Selected*> by_name;
  for (const Selected& selected : grid) by_name[selected.candidate.cell.name()] = &selected;

  for (const PlannedCell& planned : plan.cells) {
    const auto found = by_name.find(planned.name);
    if (found == by_name.end())
      throw std::invalid_argument("the plan names a cell that does not exist here: " + planned.name);
    tell({{"begin", planned.name}});
    if (!found->second->candidate.make) {
      // It could be when the run began: memory comes and goes.
      tell({{"failure", {{"name", planned.name}, {"reason", found->second->candidate.refusal}}}});
      continue;
    }
    Result result;
    // Whoever else wants the CPU for a moment makes a schedule be missed; three times in a row it is the
    // mechanism.
    const int tries = found->second->workload->open_loop ? 3 : 1;
    for (int attempt = 0; attempt < tries && result.operations == 0; ++attempt) {
      result = planned.operations > 0 ? run_cell(*found->second, {planned.operations, plan.launch})
                                      : calibrate(*found->second, plan);
      if (posix::interrupted()) throw Interrupted();
    }
    tell(result.event);
  }
}

}  // namespace shmoo::bench
