#include "harness/resume.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace shmoo::bench {
namespace {

using results::Json;
using ::testing::AllOf;
using ::testing::HasSubstr;

Json context() {
  return {{"date", "yesterday"},
          {"machine", {{"identity", {{"kernel", "6.1"}, {"cgroup", {{"cpus", nullptr}}}}}, {"state", 1}}},
          {"build", {{"commit", "abc"}, {"compiler", "GNU 12"}, {"flags", "-O2"}, {"sanitizers", ""}}},
          {"run",
           {{"profile", "quick"},
            {"filter", "^value/"},
            {"rounds", 9},
            {"seed", 7},
            {"deadline_s", 20.0},
            {"budget_s", nullptr},
            {"spin_ns", 1000},
            {"axes", Json::parse(R"({"place": ["auto"]})")},
            {"resumed", Json::array()}}},
          {"warnings", Json::array()}};
}

TEST(Resume, the_same_machine_build_and_settings_go_on) {
  Json now = context();
  now["date"] = "today";
  now["machine"]["state"] = 2;
  now["run"].erase("spin_ns");
  EXPECT_EQ(why_another(context(), now, true), "");
}

TEST(Resume, another_machine_is_named_by_what_differs) {
  Json now = context();
  now["machine"]["identity"]["cgroup"]["cpus"] = 1.5;
  EXPECT_THAT(
      why_another(context(), now, false),
      AllOf(HasSubstr("another machine"), HasSubstr("cgroup.cpus"), HasSubstr("1.5"), HasSubstr("none")));
}

TEST(Resume, another_build_is_named_by_what_differs) {
  for (const char* key : {"commit", "compiler", "flags", "sanitizers"}) {
    Json now = context();
    now["build"][key] = "other";
    EXPECT_THAT(why_another(context(), now, false),
                AllOf(HasSubstr("another build"), HasSubstr(key), HasSubstr("'other'")));
  }
}

TEST(Resume, other_settings_are_named_by_their_option) {
  Json now = context();
  now["run"]["filter"] = "^queue/";
  EXPECT_THAT(why_another(context(), now, false),
              AllOf(HasSubstr("--filter"), HasSubstr("'^queue/'"), HasSubstr("'^value/'")));
  now = context();
  now["run"]["deadline_s"] = 5.0;
  EXPECT_THAT(why_another(context(), now, false), HasSubstr("--deadline is 5.0, was 20.0"));
}

TEST(Resume, a_setting_that_only_one_of_the_two_knows_is_a_difference) {
  Json now = context();
  now["run"]["axes"]["idle"] = Json::array({"10ms"});
  EXPECT_THAT(why_another(context(), now, false), HasSubstr("--idle"));
  EXPECT_THAT(why_another(now, context(), false), HasSubstr("--idle"));
}

TEST(Resume, the_seed_counts_only_when_it_was_asked_for) {
  Json now = context();
  now["run"]["seed"] = 8;
  EXPECT_EQ(why_another(context(), now, false), "");
  EXPECT_THAT(why_another(context(), now, true), HasSubstr("--seed"));
}

TEST(Resume, a_budget_may_grow_but_not_come_or_go) {
  Json ten = context();
  Json twenty = context();
  ten["run"]["budget_s"] = 10.0;
  twenty["run"]["budget_s"] = 20.0;
  EXPECT_EQ(why_another(ten, twenty, false), "");
  EXPECT_THAT(why_another(context(), ten, false), HasSubstr("--budget"));
  EXPECT_THAT(why_another(ten, context(), false), HasSubstr("--budget"));
}

TEST(Resume, a_filter_that_is_no_utf8_is_the_same_after_a_journal) {
  Json before = context();
  before["run"]["filter"] = "\xff";
  const Json read = Json::parse(before.dump(-1, ' ', false, Json::error_handler_t::replace));
  EXPECT_EQ(why_another(read, before, false), "");
}

TEST(Resume, a_journal_tells_its_plan_and_when_it_was_gone_on_with) {
  std::vector<Json> entries;
  entries.push_back({{"context", context()}});
  entries.push_back(
      Json::parse(R"({"plan": {"cells": ["a", "b"], "skipped": [{"name": "c", "reason": "long"}]}})"));
  entries.push_back(Json::parse(R"({"resumed": {"date": "today"}})"));
  const Unfinished run = unfinished_of(entries);
  EXPECT_EQ(run.context, context());
  EXPECT_THAT(run.cells, ::testing::ElementsAre("a", "b"));
  EXPECT_EQ(run.skipped.at(0)["name"], "c");
  EXPECT_THAT(run.resumed, ::testing::ElementsAre("today"));
}

TEST(Resume, what_is_no_journal_of_a_run_is_refused) {
  std::vector<Json> entries;
  EXPECT_THROW(unfinished_of(entries), std::invalid_argument);
  entries.push_back({{"context", context()}});
  EXPECT_THROW(unfinished_of(entries), std::invalid_argument);
  entries.push_back({{"sample", Json::object()}});
  EXPECT_THROW(unfinished_of(entries), std::invalid_argument);
}

}  // namespace
}  // namespace shmoo::bench
