// A sample as a row of the results file (results/README.md).
#pragma once
#include <nlohmann/json.hpp>

#include "harness/launch.hpp"
#include "harness/workload.hpp"

namespace shmoo::bench {

/// All keys but those that only the run knows: repetitions, repetition_index and the family indices.
nlohmann::ordered_json row_of(const Workload& workload, const Candidate& candidate, const Sample& sample);

}  // namespace shmoo::bench
