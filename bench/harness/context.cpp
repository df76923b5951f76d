#include "harness/context.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <ctime>

#include "commit.hpp"
#include "machine/facts.hpp"
#include "machine/findings.hpp"
#include "machine/instruments.hpp"
#include "posix/program.hpp"

namespace shmoo::bench {
namespace {

std::string local_time_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm local{};
  ::localtime_r(&now, &local);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S%z", &local);
  std::string stamp = text;
  stamp.insert(stamp.size() - 2, 1, ':');  // as ISO 8601 and Google Benchmark write the zone
  return stamp;
}

/// The keys that readers of Google Benchmark's format expect.
results::Json google_benchmark_keys() {
  const ::benchmark::CPUInfo& cpu = ::benchmark::CPUInfo::Get();
  results::Json context;
  context["date"] = local_time_now();
  context["host_name"] = ::benchmark::SystemInfo::Get().name;
  context["executable"] = posix::own_program();
  context["num_cpus"] = cpu.num_cpus;
  context["mhz_per_cpu"] = static_cast<int>(cpu.cycles_per_second / 1e6 + 0.5);
  context["cpu_scaling_enabled"] = cpu.scaling == ::benchmark::CPUInfo::ENABLED;
  context["caches"] = results::Json::array();
  for (const auto& cache : cpu.caches)
    context["caches"].push_back({{"type", cache.type},
                                 {"level", cache.level},
                                 {"size", cache.size},
                                 {"num_sharing", cache.num_sharing}});
  context["load_avg"] = cpu.load_avg;
#ifdef NDEBUG
  context["library_build_type"] = "release";
#else
  context["library_build_type"] = "debug";
#endif
  return context;
}

}  // namespace

results::Json context_of(const RunFacts& run) {
  results::Json context = google_benchmark_keys();
  const results::Json facts = machine::facts();
  context["machine"] = facts;
  context["machine"]["label"] = machine::label(facts["identity"]);
  context["machine"]["summary"] = machine::summary(facts["identity"]);
  context["build"] = {{"commit", SHMOO_COMMIT},
                      {"compiler", SHMOO_COMPILER},
                      {"flags", SHMOO_FLAGS},
                      {"sanitizers", SHMOO_SANITIZERS}};
  context["run"] = {{"profile", run.profile},
                    {"filter", run.filter},
                    {"rounds", run.rounds},
                    {"min_time_s", run.min_time_s},
                    {"seed", run.seed},
                    {"deadline_s", run.deadline_s},
                    {"budget_s", run.budget_s > 0 ? results::Json(run.budget_s) : results::Json()},
                    {"resumed", results::Json::array()}};
  const results::Json instruments = machine::instruments();
  context["clock"] = instruments["clock"];
  context["counters"] = instruments["counters"];
  context["warnings"] = results::Json::array();
  std::vector<machine::Finding> findings = machine::findings(facts);
  for (machine::Finding& finding : machine::instrument_findings(instruments))
    findings.push_back(std::move(finding));
  for (const machine::Finding& finding : findings)
    if (finding.severity != machine::Severity::ok) context["warnings"].push_back(machine::to_json(finding));
  return context;
}

bool topology_is_true(const results::Json& context) {
  const results::Json& hypervisor = context["machine"]["identity"]["hypervisor"];
  return hypervisor.is_null() || hypervisor == "none";
}

std::string machine_name() {
  return machine::label(machine::facts()["identity"]);
}

}  // namespace shmoo::bench
