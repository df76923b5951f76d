#include "harness/launch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/row.hpp"
#include "harness/selection.hpp"
#include "posix/affinity.hpp"

namespace shmoo::bench {
namespace {

class Idle final : public Job {
 public:
  explicit Idle(std::optional<std::string> verdict) : verdict_(std::move(verdict)) {}
  void work(Member&, const Phase&) override {}
  std::optional<std::string> verify(std::span<const MemberReport> team) override {
    return team.empty() ? "nobody reported" : verdict_;
  }

 private:
  std::optional<std::string> verdict_;
};

Candidate candidate(int procs, std::optional<std::string> verdict = std::nullopt) {
  Candidate made;
  made.cell = {"queue", "stream", "test", 64, procs, {{"pages", "thp"}}};
  made.make = [verdict] { return std::make_unique<Idle>(verdict); };
  return made;
}

constexpr posix::Nanoseconds kLimit = std::chrono::seconds(30);

TEST(Cell, names_what_is_not_the_default_after_the_rest) {
  EXPECT_EQ(candidate(2).cell.name(), "queue/stream/test/bytes:64/procs:2/pages:thp");
}

TEST(Launch, rounds_the_count_up_so_that_every_member_has_its_part) {
  const Candidate three = candidate(3);
  EXPECT_EQ(Launch(three, 1, kLimit).run().operations, 3u);
  EXPECT_EQ(Launch(three, 300, kLimit).run().operations, 300u);
  EXPECT_EQ(Launch(three, 301, kLimit).run().operations, 303u);
}

TEST(Launch, a_result_that_is_not_proven_yields_no_time) {
  const Candidate liar = candidate(1, "an item is missing");
  Launch launch(liar, 1, kLimit);
  try {
    launch.run();
    FAIL() << "the launch should have failed";
  } catch (const LaunchFailed& failed) {
    EXPECT_STREQ(failed.what(), "proof failed: an item is missing");
  }
}

TEST(Launch, more_processes_than_cpus_is_marked) {
  const auto cpus = static_cast<int>(posix::allowed_cpus().size());
  const Candidate fits = candidate(cpus);
  const Candidate many = candidate(cpus + 1);
  EXPECT_FALSE(Launch(fits, 1, kLimit).run().oversubscribed);
  EXPECT_TRUE(Launch(many, 1, kLimit).run().oversubscribed);
}

TEST(Row, carries_what_it_cost_per_operation) {
  Sample sample;
  sample.operations = 4;
  sample.outcome.span_ns = 400;
  sample.outcome.usage = {.cpu_ns = 800,
                          .switches_voluntary = 2,
                          .switches_involuntary = 1,
                          .faults_minor = 3,
                          .faults_major = 1};
  Workload workload{};
  workload.bytes_per_operation = [](const Cell& cell) { return cell.bytes; };
  const auto row = row_of(workload, candidate(2), sample);
  EXPECT_EQ(row["real_time"], 100.0);
  EXPECT_EQ(row["cpu_time"], 200.0);
  EXPECT_EQ(row["switches"], 0.75);
  EXPECT_EQ(row["switches_voluntary"], 0.5);
  EXPECT_EQ(row["switches_involuntary"], 0.25);
  EXPECT_EQ(row["faults"], 1.0);
  EXPECT_EQ(row["faults_minor"], 0.75);
  EXPECT_EQ(row["faults_major"], 0.25);
  EXPECT_EQ(row["operations_per_second"], 1e7);
  EXPECT_EQ(row["bytes_per_second"], 64e7);
  EXPECT_EQ(row["variant"]["pages"], "thp");
}

TEST(Row, carries_percentiles_where_enough_operations_were_timed) {
  Sample sample;
  sample.operations = 10;
  sample.outcome.span_ns = 1000;
  const Workload workload{};
  EXPECT_FALSE(row_of(workload, candidate(2), sample).contains("latencies"));
  sample.outcome.latencies = {
      .count = 30, .mean_ns = 40, .max_ns = 90, .p50_ns = 35, .p90_ns = {}, .p99_ns = {}, .p999_ns = {}};
  const auto row = row_of(workload, candidate(2), sample);
  EXPECT_EQ(row["latencies"], 30);
  EXPECT_EQ(row["p50_ns"], 35.0);
  EXPECT_EQ(row["max_ns"], 90.0);
  EXPECT_FALSE(row.contains("p90_ns"));
  EXPECT_FALSE(row.contains("cycles"));
}

TEST(Row, of_an_open_loop_has_the_mean_latency_as_its_time_and_the_rate_of_the_launch) {
  Sample sample;
  sample.operations = 10;
  sample.outcome.span_ns = 1000;
  sample.outcome.latencies.count = 10;
  sample.outcome.latencies.mean_ns = 40;
  sample.outcome.counts.cycles = 500;
  Workload workload{};
  workload.open_loop = true;
  const auto row = row_of(workload, candidate(2), sample);
  EXPECT_EQ(row["real_time"], 40.0);
  EXPECT_EQ(row["operations_per_second"], 1e7);
  EXPECT_EQ(row["cycles"], 50.0);
}

TEST(Selection, refuses_a_malformed_filter_with_its_text) {
  EXPECT_THROW(select(Profile::full, "("), std::invalid_argument);
}

}  // namespace
}  // namespace shmoo::bench
