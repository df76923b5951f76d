// shmoo bench: one round in this process, by Google Benchmark. With --plan it is the other end of a campaign
// (harness/round.hpp): the plan on stdin, events on stdout.
#include <benchmark/benchmark.h>

#include <iostream>
#include <iterator>

#include "cli/verbs.hpp"
#include "harness/fixture.hpp"
#include "harness/round.hpp"
#include "harness/selection.hpp"
#include "posix/child.hpp"
#include "posix/interrupt.hpp"

namespace shmoo::cli {
namespace {

int stopped() {
  return 128 + posix::interrupted();
}

int follow_plan() {
  const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
  shmoo::bench::RoundPlan plan;
  try {
    plan = shmoo::bench::RoundPlan::from_json(results::Json::parse(text));
  } catch (const std::exception& error) {
    throw UsageError(std::string("bench --plan: stdin holds no plan: ") + error.what());
  }
  try {
    shmoo::bench::run_round(plan, "shmoo", [](const results::Json& event) {
      std::cout << event.dump(-1, ' ', false, results::Json::error_handler_t::replace) << std::endl;
    });
  } catch (const shmoo::bench::Interrupted&) {
    return stopped();
  }
  return 0;
}

int run_all(const std::string& filter, std::vector<std::string> flags) {
  flags.insert(flags.begin(), "shmoo");
  std::vector<char*> arguments;
  for (std::string& flag : flags) arguments.push_back(flag.data());
  int count = static_cast<int>(arguments.size());
  ::benchmark::Initialize(&count, arguments.data());
  if (count > 1)
    throw UsageError("bench: unknown argument '" + std::string(arguments[1]) + "' (see: shmoo bench --help)");

  const auto selected = shmoo::bench::select(shmoo::bench::Profile::full, filter);
  std::size_t registered = 0;
  for (const shmoo::bench::Selected& one : selected) {
    if (!one.candidate.make) continue;
    ::benchmark::internal::RegisterBenchmarkInternal(
        new shmoo::bench::CellFixture(one.candidate, *one.workload, shmoo::bench::FixtureOptions()));
    ++registered;
  }
  if (registered == 0) throw UsageError("bench: no cell that can be run matches --filter '" + filter + "'");
  ::benchmark::RunSpecifiedBenchmarks();
  return posix::interrupted() ? stopped() : 0;
}

}  // namespace

int bench(const BenchOptions& options) {
  posix::catch_interrupts();
  posix::become_subreaper();
  return options.plan ? follow_plan() : run_all(options.filter, options.flags);
}

}  // namespace shmoo::cli
