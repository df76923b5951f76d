#include "harness/fixture.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "harness/starvation.hpp"
#include "posix/interrupt.hpp"

namespace shmoo::bench {

CellFixture::CellFixture(const Candidate& candidate, const Workload& workload, FixtureOptions options)
    : candidate_(candidate), workload_(workload), options_(options) {
  SetName(candidate.cell.name().c_str());
  UseManualTime();
  if (options.operations > 0) Iterations(static_cast<::benchmark::IterationCount>(options.operations));
}

// An exception must not travel through the library; being interrupted is no failure of the cell, and
// everybody who loops over cells asks posix::interrupted() again.
template <class Step>
void CellFixture::attempt(::benchmark::State& state, Step step) {
  try {
    step();
  } catch (const std::exception& error) {
    launch_.reset();
    last_.reset();
    state.SkipWithError(error.what());
  }
}

void CellFixture::SetUp(::benchmark::State& state) {
  last_.reset();
  attempt(state, [&] {
    if (posix::interrupted()) throw Interrupted();
    launch_.emplace(workload_, candidate_, static_cast<std::uint64_t>(state.max_iterations), options_.launch);
  });
}

Sample CellFixture::run_launch(std::uint64_t operations) {
  bool again = false;
  return run_until_fair([&] {
    if (std::exchange(again, true)) {
      launch_.reset();
      launch_.emplace(workload_, candidate_, operations, options_.launch);
    }
    return launch_->run();
  });
}

void CellFixture::BenchmarkCase(::benchmark::State& state) {
  // After SkipWithError the loop is still entered and runs zero times, as the library wants it.
  while (state.KeepRunningBatch(state.max_iterations)) {
    attempt(state, [&] {
      last_ = run_launch(static_cast<std::uint64_t>(state.max_iterations));
      const double ns = last_->ns_per_operation();
      least_ns_ = least_ns_ > 0 ? std::min(least_ns_, ns) : ns;
      state.SetIterationTime(ns * static_cast<double>(state.max_iterations) * 1e-9);
    });
  }
  if (!last_) return;
  const auto operations = static_cast<double>(last_->operations);
  state.counters["cpu_ns"] = static_cast<double>(last_->outcome.usage.cpu_ns) / operations;
  state.counters["switches"] = static_cast<double>(last_->outcome.usage.switches()) / operations;
  state.counters["faults"] = static_cast<double>(last_->outcome.usage.faults()) / operations;
  state.counters["least_share"] = last_->outcome.least_share;
  if (const double floor = last_->floor.floor_ns; floor > 0) {
    state.counters["floor_ns"] = floor;
    state.counters["x_floor"] = last_->ns_per_operation() / floor;
  }
  const Latencies& latencies = last_->outcome.latencies;
  if (latencies.p50_ns) state.counters["p50_ns"] = *latencies.p50_ns;
  if (latencies.p99_ns) state.counters["p99_ns"] = *latencies.p99_ns;
}

void CellFixture::TearDown(::benchmark::State&) {
  launch_.reset();
}

}  // namespace shmoo::bench
