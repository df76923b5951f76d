#include "harness/round.hpp"

#include <algorithm>
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
  int launches = 0;
};

/// Runs one cell by Google Benchmark. One at a time: the library would else hold its fixtures and report in
/// its own order.
Result run_cell(const Selected& cell, const FixtureOptions& options) {
  auto* fixture = new CellFixture(cell.candidate, *cell.workload, options);
  ::benchmark::internal::RegisterBenchmarkInternal(fixture);  // which owns it from here on
  EventReporter reporter(*fixture);
  ::benchmark::RunSpecifiedBenchmarks(&reporter, ".");
  const Result result{reporter.event(), fixture->last() ? fixture->last()->operations : 0,
                      fixture->least_ns(), fixture->launches()};
  ::benchmark::ClearRegisteredBenchmarks();
  return result;
}

/// Finds a count that lasts for `plan.min_time_s`. The library takes the first launch that is long enough;
/// one that was held up (a stolen slice, a late wake-up) is long with far too few operations, and its count
/// would stay for all rounds.
Result calibrate(const Selected& cell, const RoundPlan& plan) {
  // Rests make the length of a launch, not operations: some two seconds of them, and enough for a median.
  if (const posix::Nanoseconds rest = rest_of(cell.candidate.cell); rest.count() > 0) {
    const auto count = std::clamp<std::int64_t>(2'000'000'000 / rest.count(), 20, 200);
    return run_cell(cell, {static_cast<std::uint64_t>(count * cell.candidate.cell.procs), plan.launch});
  }
  Result result = run_cell(cell, {0, plan.launch});
  // Over at the first launches: either an operation is really that long, or they were held up. A second try
  // tells.
  if (result.operations > 0 && result.launches < 3) {
    const Result second = run_cell(cell, {0, plan.launch});
    if (second.operations > result.operations) result = second;
  }
  const double wanted = plan.min_time_s * cell.workload->stretch * 1e9 / std::max(result.least_ns, 1e-3);
  if (result.operations > 0 && static_cast<double>(result.operations) < wanted / 2)
    result = run_cell(cell, {static_cast<std::uint64_t>(wanted), plan.launch});
  return result;
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
  std::vector<std::string> words{program, "--benchmark_min_time=" + std::to_string(plan.min_time_s)};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  int count = static_cast<int>(arguments.size());
  ::benchmark::Initialize(&count, arguments.data());

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
