// A cell as a Google Benchmark fixture: SetUp forks the team and waits at the gate, the body releases it and
// proves the result, TearDown reaps whatever is left. Google Benchmark's count drives the launch: each is one
// batch of that many operations, and the span is handed over as manual time, so that real_time is time per
// operation.
#pragma once
#include <benchmark/benchmark.h>

#include <optional>
#include <string>

#include "harness/launch.hpp"

namespace shmoo::bench {

struct FixtureOptions {
  std::uint64_t operations = 0;  ///< fixed count, 0 = Google Benchmark calibrates one by its min_time
  LaunchOptions launch;
};

class CellFixture final : public ::benchmark::Fixture {
 public:
  CellFixture(const Candidate& candidate, const Workload& workload, FixtureOptions options);

  void SetUp(::benchmark::State& state) override;
  void TearDown(::benchmark::State& state) override;

  const Candidate& candidate() const { return candidate_; }
  const Workload& workload() const { return workload_; }
  /// The last launch's sample; nothing when it failed.
  const std::optional<Sample>& last() const { return last_; }
  /// The least time per operation over all launches, ns; 0 before the first good one.
  double least_ns() const { return least_ns_; }

 protected:
  void BenchmarkCase(::benchmark::State& state) override;

 private:
  Sample run_launch(std::uint64_t operations);
  template <class Step>
  void attempt(::benchmark::State& state, Step step);

  const Candidate& candidate_;
  const Workload& workload_;
  FixtureOptions options_;
  std::optional<Launch> launch_;
  std::optional<Sample> last_;
  double least_ns_ = 0;
};

}  // namespace shmoo::bench
