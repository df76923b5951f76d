#include "machine/instruments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace shmoo::machine {
namespace {

Json some(bool available, bool permitted) {
  return {{"clock", {{"source", "tsc"}, {"cost_ns", 11.234}, {"ticks_per_ns", 2.6}}},
          {"counters",
           {{"available", available},
            {"scope", available ? Json("user") : Json()},
            {"reason", available ? Json() : Json("for a reason")},
            {"permitted", permitted}}}};
}

Severity severity_of(const Json& instruments, const std::string& id) {
  for (const Finding& finding : instrument_findings(instruments))
    if (finding.id == id) return finding.severity;
  throw std::runtime_error("no finding " + id);
}

TEST(Instruments, this_machine_has_a_clock_with_a_cost_and_counters_or_a_reason) {
  const Json here = instruments();
  EXPECT_GE(here["clock"]["cost_ns"], 0);
  EXPECT_GT(here["clock"]["ticks_per_ns"], 0);
  EXPECT_GT(here["clock"]["resolution_ns"], 0);
  EXPECT_EQ(here["counters"]["available"].get<bool>(), here["counters"]["reason"].is_null());
  EXPECT_EQ(instrument_findings(here).size(), 2u);
}

TEST(Instruments, missing_counters_are_a_warning_only_where_a_setting_would_bring_them) {
  EXPECT_EQ(severity_of(some(true, true), "counters"), Severity::ok);
  EXPECT_EQ(severity_of(some(false, true), "counters"), Severity::ok);
  EXPECT_EQ(severity_of(some(false, false), "counters"), Severity::warning);
  EXPECT_EQ(severity_of(some(false, false), "clock"), Severity::ok);
}

TEST(Instruments, are_told_in_one_line) {
  EXPECT_EQ(instrument_summary(some(false, true)),
            "clock: tsc, 11.2 ns a reading; hardware counters: none, for a reason");
  EXPECT_EQ(instrument_summary(some(true, true)), "clock: tsc, 11.2 ns a reading; hardware counters: user");
}

}  // namespace
}  // namespace shmoo::machine
