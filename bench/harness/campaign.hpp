// A campaign: all rounds of a run, each in a fresh process and in a fresh random order, with every sample in
// the journal at once.
//
// The conductor (this process) never measures: it starts `shmoo bench --plan` for each round, feeds it the
// plan and listens. A round's process that dies or falls silent costs the cell that it was at, never the run.
//
// With a budget, rounds go on as long as it lasts: the first kLeastRounds over all cells, each further one
// over those whose median is known worst (harness/budget.hpp). A campaign can go on with the journal of
// another.
#pragma once
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "harness/budget.hpp"
#include "harness/round.hpp"
#include "results/document.hpp"
#include "results/journal.hpp"

namespace shmoo::bench {

struct CampaignPlan {
  std::vector<std::string> cells;  ///< names of cells that can be run
  int rounds = 3;                  ///< of each cell; with a budget the most
  double min_time_s = 0.01;
  LaunchOptions launch;
  Axes axes;
  std::uint64_t seed = 0;       ///< of the random orders
  double budget_s = 0;          ///< for all of it, what was spent before a resumption included; 0 = none
  std::int64_t started_ns = 0;  ///< monotonic: when this run began to spend its budget
};

/// What a campaign tells while it goes on.
class Observer {
 public:
  virtual ~Observer() = default;
  /// A cell begins. `share` of all work is done, 0 to 1; `left_s` is an estimate in seconds, negative while
  /// unknown.
  virtual void begins(const std::string& cell, int round, double share, double left_s) = 0;
  /// A cell has failed in a round.
  virtual void failed(const std::string& cell, int round, const std::string& reason) = 0;
};

/// The budget cannot hold kLeastRounds rounds.
class BudgetTooSmall : public std::runtime_error {
 public:
  explicit BudgetTooSmall(double seconds)
      : std::runtime_error("the budget is too small"), needed_s(seconds) {}
  double needed_s;  ///< what they take, estimated
};

class Campaign {
 public:
  Campaign(CampaignPlan plan, results::Journal& journal, Observer& observer);

  /// Takes over what the entries of a journal of the same plan tell; before run(). The round that they end in
  /// will be completed, their counts are used again, nothing is measured twice.
  void replay(const std::vector<results::Json>& entries);

  /// Runs all rounds. @return false when it was interrupted; what was measured until then counts. Throws
  /// BudgetTooSmall as soon as that is known, in the first round.
  bool run();

  /// Samples in the order of the plan's cells, rounds ascending within a cell.
  std::vector<results::Json> rows() const;
  const std::vector<results::Json>& failures() const { return failures_; }
  /// Seconds spent, those before a resumption included.
  double spent_s() const;
  /// What is known of each cell, in the plan's order.
  std::vector<Standing> standings() const;

 private:
  struct Round;
  std::vector<std::string> next_round();
  bool run_round(const std::vector<std::string>& cells);
  /// Runs `cells` in one process, from `first` on. @return how many were dealt with.
  std::size_t run_process(const std::vector<std::string>& cells, std::size_t first);
  void hear(const results::Json& event, Round& state);
  /// Counts a sample or a failure, as it stands in the journal.
  void take(const std::string& kind, results::Json entry, double took_s);
  /// Numbers a new one, puts it into the journal, takes it.
  void record(const std::string& kind, results::Json entry, double took_s);
  void fail(const std::string& cell, const std::string& reason, double took_s);
  /// Whether the first round, `done` of whose cells have been dealt with, shows that the least number of
  /// rounds takes more than `margin` times the budget.
  bool too_small(std::size_t done, double margin) const;
  double left_s(const std::vector<std::string>& cells, std::size_t at) const;
  bool out_of_time() const;

  CampaignPlan plan_;
  results::Journal& journal_;
  Observer& observer_;
  std::map<std::string, std::uint64_t> operations_;  // calibrated by the first round that succeeded
  std::map<std::string, double> cost_s_;  // what a round with a known count takes of the cell, seconds
  std::map<std::string, int> rounds_;     // that a cell had, good or failed
  std::map<std::string, std::vector<results::Json>> samples_;
  std::vector<results::Json> failures_;
  int round_ = -1;                  // the one that was begun last
  std::vector<std::string> begun_;  // of a journal's last round, what was not dealt with
  double before_s_ = 0;             // spent before a resumption
  double start_s_ = 0.05;           // what a round's process last took until its first cell began
  std::size_t done_ = 0;
};

}  // namespace shmoo::bench
