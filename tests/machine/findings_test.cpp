#include "machine/findings.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace shmoo::machine {
namespace {

/// A machine that nothing can be said against.
Json good() {
  Json facts = file_facts("/nonexistent");
  facts["identity"].update(topology("pack:1 core:4 pu:1"));
  facts["identity"].update(Json{{"kernel", "6.1.0"},
                                {"pidfd", true},
                                {"allowed_cpus", {0, 1, 2, 3}},
                                {"governor", "performance"},
                                {"turbo", false},
                                {"clocksource", "tsc"},
                                {"thp", "madvise"},
                                {"hypervisor", "none"},
                                {"memory_bytes", 16LL << 30},
                                {"dev_shm_bytes", 8LL << 30}});
  facts["state"].update(Json{{"load_1m", 0.1},
                             {"cpu_ticks", {{"total", 1000}, {"steal", 0}}},
                             {"memory_available_bytes", 12LL << 30},
                             {"swap_used_bytes", 0},
                             {"dev_shm_free_bytes", 8LL << 30},
                             {"dev_shm_writable", true},
                             {"on_battery", false}});
  return facts;
}

/// The severity of the finding `id` once `path` has `value`; nothing when there is none.
std::optional<Severity> severity(const std::string& id, const std::string& path, const Json& value) {
  Json facts = good();
  facts[Json::json_pointer(path)] = value;
  const auto all = findings(facts);
  const auto at =
      std::find_if(all.begin(), all.end(), [&](const Finding& finding) { return finding.id == id; });
  return at == all.end() ? std::nullopt : std::optional(at->severity);
}

TEST(Findings, a_good_machine_is_fit) {
  const auto all = findings(good());
  EXPECT_EQ(verdict(all), Severity::ok);
  EXPECT_TRUE(warnings(all).empty());
  EXPECT_GT(all.size(), 10U);
}

TEST(Findings, each_warning_says_what_it_means_and_what_to_type) {
  Json bad = good();
  bad["identity"].update(Json{{"pidfd", false},
                              {"allowed_cpus", {0}},
                              {"governor", "powersave"},
                              {"turbo", true},
                              {"clocksource", "hpet"},
                              {"thp", "never"},
                              {"hypervisor", "kvm"},
                              {"numa_balancing", 1},
                              {"numa_nodes", 2},
                              {"cgroup", {{"cpus", 0.5}, {"memory_bytes", 1 << 20}, {"processes", 10}}}});
  bad["state"].update(Json{{"load_1m", 9},
                           {"cpu_ticks", {{"total", 1000}, {"steal", 100}}},
                           {"swap_used_bytes", 1LL << 30},
                           {"dev_shm_writable", false},
                           {"on_battery", true}});
  const auto all = findings(bad);
  EXPECT_EQ(verdict(all), Severity::unfit);
  EXPECT_EQ(warnings(all).size(), all.size());
  for (const Finding& finding : all) {
    EXPECT_NE(finding.severity, Severity::ok) << finding.id;
    EXPECT_FALSE(finding.what.empty()) << finding.id;
    EXPECT_FALSE(finding.means.empty()) << finding.id;
    EXPECT_FALSE(finding.type.empty()) << finding.id;
  }
}

TEST(Findings, a_fact_that_is_null_gives_no_finding) {
  for (const auto& [id, path] :
       std::initializer_list<std::pair<const char*, const char*>>{{"kernel", "/identity/pidfd"},
                                                                  {"cpus", "/identity/allowed_cpus"},
                                                                  {"governor", "/identity/governor"},
                                                                  {"turbo", "/identity/turbo"},
                                                                  {"clocksource", "/identity/clocksource"},
                                                                  {"hypervisor", "/identity/hypervisor"},
                                                                  {"load", "/state/load_1m"},
                                                                  {"memory", "/state/memory_available_bytes"},
                                                                  {"steal", "/state/cpu_ticks"}})
    EXPECT_EQ(severity(id, path, nullptr), std::nullopt) << id;
}

TEST(Findings, a_machine_without_proc_and_sys_says_so) {
  std::vector<std::string> ids;
  for (const Finding& finding : findings(file_facts("/nonexistent"))) ids.push_back(finding.id);
  EXPECT_EQ(ids, (std::vector<std::string>{"proc", "sys"}));
}

TEST(Findings, facts_of_another_shape_are_survived) {
  for (const Json& facts :
       {Json(), Json::object(), Json::array(), Json("text"), Json{{"identity", 3}, {"state", "x"}}})
    EXPECT_NO_THROW(findings(facts));
}

TEST(Findings, judge_by_limits) {
  using enum Severity;
  EXPECT_EQ(severity("kernel", "/identity/pidfd", false), unfit);
  EXPECT_EQ(severity("cpus", "/identity/allowed_cpus", {2}), warning);
  EXPECT_EQ(severity("cpus", "/identity/allowed_cpus", {0, 2}), ok);
  EXPECT_EQ(severity("cpu_quota", "/identity/cgroup/cpus", 1.5), warning);
  EXPECT_EQ(severity("cpu_quota", "/identity/cgroup/cpus", 4), ok);
  EXPECT_EQ(severity("clocksource", "/identity/clocksource", "kvm-clock"), ok);
  EXPECT_EQ(severity("clocksource", "/identity/clocksource", "acpi_pm"), warning);
  EXPECT_EQ(severity("hypervisor", "/identity/hypervisor", "unknown"), warning);
  EXPECT_EQ(severity("steal", "/state/cpu_ticks/steal", 9), ok);
  EXPECT_EQ(severity("steal", "/state/cpu_ticks/steal", 10), warning);
  EXPECT_EQ(severity("load", "/state/load_1m", 1.0), ok);
  EXPECT_EQ(severity("load", "/state/load_1m", 1.01), warning);
  EXPECT_EQ(severity("memory", "/state/memory_available_bytes", 1LL << 30), warning);
  EXPECT_EQ(severity("memory", "/identity/cgroup/memory_bytes", 100LL << 20), unfit);
  EXPECT_EQ(severity("swap", "/state/swap_used_bytes", 1LL << 30), warning);
  EXPECT_EQ(severity("thp", "/identity/thp", "never"), warning);
  EXPECT_EQ(severity("dev_shm", "/state/dev_shm_free_bytes", 64LL << 20), warning);
  EXPECT_EQ(severity("dev_shm", "/state/dev_shm_writable", false), warning);
  EXPECT_EQ(severity("processes", "/identity/limits/processes", 100), warning);
  EXPECT_EQ(severity("processes", "/identity/limits/processes", 1000), std::nullopt);
}

}  // namespace
}  // namespace shmoo::machine
