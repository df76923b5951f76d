// A campaign: all rounds of a run, each in a fresh process and in a fresh random order, with every sample in
// the journal at once.
//
// The conductor (this process) never measures: it starts `shmoo bench --plan` for each round, feeds it the
// plan and listens. A round's process that dies or falls silent costs the cell that it was at, never the run.
#pragma once
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "harness/round.hpp"
#include "results/document.hpp"
#include "results/journal.hpp"

namespace shmoo::bench {

struct CampaignPlan {
  std::vector<std::string> cells;  ///< names of cells that can be run
  int rounds = 3;
  double min_time_s = 0.01;
  LaunchOptions launch;
  Axes axes;
  std::uint64_t seed = 0;  ///< of the random orders
};

/// What a campaign tells while it goes on.
class Observer {
 public:
  virtual ~Observer() = default;
  /// A cell begins. `done` and `of` count cells over all rounds; `left_s` is an estimate in seconds, negative
  /// while unknown.
  virtual void begins(const std::string& cell, int round, std::size_t done, std::size_t of,
                      double left_s) = 0;
  /// A cell has failed in a round.
  virtual void failed(const std::string& cell, int round, const std::string& reason) = 0;
};

class Campaign {
 public:
  Campaign(CampaignPlan plan, results::Journal& journal, Observer& observer);

  /// Runs all rounds. @return false when it was interrupted; what was measured until then counts.
  bool run();

  /// Samples in the order of the plan's cells, rounds ascending within a cell.
  std::vector<results::Json> rows() const;
  const std::vector<results::Json>& failures() const { return failures_; }

 private:
  struct Round;
  bool run_round(int round);
  /// Runs `cells` in one process, from `first` on. @return how many were dealt with.
  std::size_t run_process(int round, const std::vector<std::string>& cells, std::size_t first);
  void hear(const results::Json& event, Round& state);
  void fail(const std::string& cell, int round, const std::string& reason);
  double left_s(int round, const std::vector<std::string>& cells, std::size_t at) const;

  CampaignPlan plan_;
  results::Journal& journal_;
  Observer& observer_;
  std::mt19937_64 random_;
  std::map<std::string, std::uint64_t> operations_;  // calibrated by the first round that succeeded
  std::map<std::string, double> last_s_;  // what the cell last took in a round with a known count, seconds
  std::map<std::string, std::vector<results::Json>> samples_;
  std::vector<results::Json> failures_;
  std::size_t done_ = 0;
};

}  // namespace shmoo::bench
