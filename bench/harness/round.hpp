// One round in this process: Google Benchmark runs the planned cells in the given order and tells what
// happened, event by event.
//
// The plan comes as one JSON object, the events go out as JSON lines, so that the process that conducts the
// rounds (harness/campaign.hpp) learns of each sample at once and knows which cell was running should this
// process die:
//   {"begin": NAME}   {"sample": ROW}   {"failure": {"name": NAME, "reason": TEXT}}
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/axes.hpp"
#include "harness/launch.hpp"
#include "results/document.hpp"

namespace shmoo::bench {

struct PlannedCell {
  std::string name;
  std::uint64_t operations = 0;  ///< as calibrated by an earlier round; 0 = calibrate
};

struct RoundPlan {
  std::vector<PlannedCell> cells;  ///< in the order to run
  double min_time_s = 0.01;        ///< what a calibrated launch lasts, at least
  LaunchOptions launch;
  Axes axes;

  results::Json to_json() const;
  /// Throws std::exception when `json` is no plan.
  static RoundPlan from_json(const results::Json& json);
};

/// Runs the plan; `program` is argv[0], for Google Benchmark. Throws Interrupted as soon as nothing is left
/// to clean up.
void run_round(const RoundPlan& plan, const char* program,
               const std::function<void(const results::Json&)>& tell);

}  // namespace shmoo::bench
