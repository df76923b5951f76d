#include "harness/campaign.hpp"

#include <algorithm>
#include <random>
#include <set>

#include "posix/interrupt.hpp"
#include "posix/poll.hpp"
#include "posix/program.hpp"

namespace shmoo::bench {
namespace {

// How much longer a round of a cell takes when it calibrates: it launches about four times more, in growing
// length.
constexpr double kCalibrating = 2.5;

// The rest is for ending the last process and for writing the results file.
constexpr double kForMeasuring = 0.98;

// A run may exceed its budget by this much.
constexpr double kTolerance = 1.05;

// Before the first round is over its forecast is rough: cells come in random order and differ in what they
// take.
constexpr std::size_t kCellsForForecast = 30;
constexpr double kShareForForecast = 0.05;
constexpr double kToleranceOfForecast = 1.5;

posix::Nanoseconds seconds(double s) {
  return posix::Nanoseconds(static_cast<std::int64_t>(std::max(s, 0.0) * 1e9));
}

posix::Deadline earlier(posix::Deadline a, posix::Deadline b) {
  return b.is_never() || a.left_ns() < b.left_ns() ? a : b;
}

}  // namespace

/// What is known of the process that runs the round.
struct Campaign::Round {
  const std::vector<std::string>& cells;
  std::size_t at;               ///< index of the cell that runs or comes next
  std::int64_t started_ns = 0;  ///< when the process was started; 0 as soon as its first cell has begun
  bool running = false;         ///< that cell has begun
  std::int64_t since_ns = 0;    ///< when it began

  double took_s() const { return static_cast<double>(posix::monotonic_ns() - since_ns) * 1e-9; }
};

Campaign::Campaign(CampaignPlan plan, results::Journal& journal, Observer& observer)
    : plan_(std::move(plan)), journal_(journal), observer_(observer) {
  if (plan_.started_ns == 0) plan_.started_ns = posix::monotonic_ns();
}

void Campaign::replay(const std::vector<results::Json>& entries) {
  std::set<std::string> open;
  for (const results::Json& entry : entries) {
    if (entry.contains("round")) {
      round_ = entry["round"].at("index");
      begun_ = entry["round"].at("cells").get<std::vector<std::string>>();
      open = {begun_.begin(), begun_.end()};
    }
    for (const char* kind : {"sample", "failure"})
      if (entry.contains(kind)) {
        open.erase(entry[kind].at("name"));
        before_s_ = entry.at("at_s");
        take(kind, entry[kind], entry.at("took_s"));
      }
  }
  std::erase_if(begun_, [&](const std::string& cell) { return !open.contains(cell); });
}

bool Campaign::run() {
  while (!out_of_time()) {
    std::vector<std::string> cells = std::exchange(begun_, {});
    if (cells.empty()) {
      cells = next_round();
      if (cells.empty()) return true;
      journal_.append({{"round", {{"index", round_}, {"cells", cells}}}});
    }
    if (!run_round(cells)) return false;
  }
  return true;
}

/// Cells of the round that comes next, in their order; none when all is done.
std::vector<std::string> Campaign::next_round() {
  std::vector<std::string> cells;
  const int next = round_ + 1;
  if (next < (plan_.budget_s > 0 ? kLeastRounds : plan_.rounds)) {
    if (next == 1 && too_small(plan_.cells.size(), kTolerance))
      throw BudgetTooSmall(forecast_s(spent_s(), 1, 1));
    cells = plan_.cells;
  } else if (plan_.budget_s > 0) {
    const double left = kForMeasuring * plan_.budget_s - spent_s() - start_s_;
    for (const std::size_t at : choose_round(standings(), plan_.rounds, left))
      cells.push_back(plan_.cells[at]);
  }
  if (cells.empty()) return cells;
  round_ = next;
  // Each round has a generator of its own: a run that goes on needs only the seed.
  std::seed_seq seed{static_cast<std::uint32_t>(plan_.seed), static_cast<std::uint32_t>(plan_.seed >> 32U),
                     static_cast<std::uint32_t>(round_)};
  std::mt19937_64 random(seed);
  std::shuffle(cells.begin(), cells.end(), random);
  return cells;
}

bool Campaign::run_round(const std::vector<std::string>& cells) {
  for (std::size_t at = 0; at < cells.size();) {
    at = run_process(cells, at);
    if (posix::interrupted()) return false;
    if (out_of_time()) return true;
  }
  return true;
}

std::size_t Campaign::run_process(const std::vector<std::string>& cells, std::size_t first) {
  RoundPlan plan;
  plan.min_time_s = plan_.min_time_s;
  plan.launch = plan_.launch;
  plan.axes = plan_.axes;
  for (std::size_t at = first; at < cells.size(); ++at) {
    const auto known = operations_.find(cells[at]);
    plan.cells.push_back({cells[at], known == operations_.end() ? 0 : known->second});
  }

  Round state{cells, first, posix::monotonic_ns()};
  posix::Program bench(posix::own_program(), {"bench", "--plan"});
  bench.feed(plan.to_json().dump());
  // A launch has a deadline of its own, twice; calibrating takes a dozen. This one is for a round's process
  // that hangs.
  const posix::Nanoseconds silence = 30 * plan_.launch.limit;
  posix::Deadline deadline = posix::Deadline::in(silence);
  const posix::Deadline end = plan_.budget_s > 0 && round_ >= kLeastRounds
                                  ? posix::Deadline::in(seconds(kForMeasuring * plan_.budget_s - spent_s()))
                                  : posix::Deadline::never();
  std::string heard;
  const auto listen = [&] {
    const bool open = bench.drain(heard);
    std::size_t start = 0;
    for (std::size_t line; (line = heard.find('\n', start)) != std::string::npos; start = line + 1) {
      hear(results::Json::parse(heard.substr(start, line - start)), state);
      deadline = posix::Deadline::in(silence);
    }
    heard.erase(0, start);
    return open;
  };
  // It ends its team, its servers and itself; what does not obey is killed by ~Program. What it has told
  // until then counts.
  const auto stop = [&] {
    bench.process().terminate();
    bench.process().join(posix::Deadline::in(std::chrono::seconds(5)));
    listen();
    return state.at;
  };
  for (bool open = true; open;) {
    const int watched[] = {posix::interrupt_fd(), bench.stdout_fd()};
    posix::wait_readable(watched, earlier(deadline, end));
    if (posix::interrupted() || end.passed()) return stop();
    open = listen();
    if (round_ == 0 && done_ < plan_.cells.size() &&
        (too_small(done_, kToleranceOfForecast) || (plan_.budget_s > 0 && spent_s() > plan_.budget_s))) {
      stop();
      throw BudgetTooSmall(forecast_s(spent_s(), done_, plan_.cells.size()));
    }
    if (open && deadline.passed()) {
      bench.process().kill();
      break;
    }
  }
  const bool ended = bench.process().join(posix::Deadline::in(std::chrono::seconds(10)));
  if (posix::interrupted()) return state.at;
  const std::string ending = ended ? bench.process().ending().text() : "did not end";
  if (state.running) {
    fail(cells[state.at], "the round's process " + ending + " in this cell", state.took_s());
    ++state.at;
  } else if (state.at == first) {
    // It dealt with nothing at all: going on would loop for ever.
    for (; state.at < cells.size(); ++state.at)
      fail(cells[state.at], "the round's process " + ending + " at once", 0);
  }
  return state.at;
}

void Campaign::hear(const results::Json& event, Round& state) {
  const std::string& cell = state.cells[state.at];
  if (event.contains("begin")) {
    state.running = true;
    state.since_ns = posix::monotonic_ns();
    if (const std::int64_t started = std::exchange(state.started_ns, 0); started > 0)
      start_s_ = static_cast<double>(state.since_ns - started) * 1e-9;
    const double left = left_s(state.cells, state.at);
    const double all = static_cast<double>(plan_.cells.size()) * plan_.rounds;
    const double share = plan_.budget_s > 0 ? spent_s() / std::max(spent_s() + left, plan_.budget_s)
                                            : static_cast<double>(done_) / all;
    observer_.begins(cell, round_, share, left);
    return;
  }
  if (event.contains("sample"))
    record("sample", event["sample"], state.took_s());
  else if (event.contains("failure"))
    fail(cell, event["failure"]["reason"], state.took_s());
  state.running = false;
  ++state.at;
}

void Campaign::take(const std::string& kind, results::Json entry, double took_s) {
  const std::string cell = entry.at("name");
  ++rounds_[cell];
  ++done_;
  if (kind == "failure") {
    failures_.push_back(std::move(entry));
    return;
  }
  const bool calibrating = operations_.try_emplace(cell, entry.at("iterations").get<std::uint64_t>()).second;
  const double cost = std::max(calibrating ? took_s / kCalibrating : took_s, 1e-4);
  cost_s_[cell] = cost;
  samples_[cell].push_back(std::move(entry));
}

void Campaign::record(const std::string& kind, results::Json entry, double took_s) {
  // Of this cell: the same as that of the run, unless a budget leaves cells out.
  const int round = rounds_[entry.at("name").get<std::string>()];
  entry[kind == "sample" ? "repetition_index" : "round"] = round;
  journal_.append({{kind, entry}, {"took_s", took_s}, {"at_s", spent_s()}});
  take(kind, std::move(entry), took_s);
}

void Campaign::fail(const std::string& cell, const std::string& reason, double took_s) {
  observer_.failed(cell, rounds_[cell], reason);
  record("failure", {{"name", cell}, {"round", 0}, {"reason", reason}}, took_s);
}

bool Campaign::too_small(std::size_t done, double margin) const {
  if (plan_.budget_s <= 0) return false;
  const std::size_t cells = plan_.cells.size();
  if (done < cells && (done < kCellsForForecast || spent_s() < kShareForForecast * plan_.budget_s))
    return false;
  return forecast_s(spent_s(), done, cells) > margin * plan_.budget_s;
}

bool Campaign::out_of_time() const {
  return plan_.budget_s > 0 && round_ >= kLeastRounds && spent_s() >= kForMeasuring * plan_.budget_s;
}

double Campaign::spent_s() const {
  return before_s_ + static_cast<double>(posix::monotonic_ns() - plan_.started_ns) * 1e-9;
}

double Campaign::left_s(const std::vector<std::string>& cells, std::size_t at) const {
  const double of_budget = plan_.budget_s - spent_s();
  if (plan_.budget_s > 0 && round_ >= kLeastRounds) return std::max(0.0, of_budget);
  if (cost_s_.empty()) return -1;
  double known = 0;
  for (const auto& [cell, cost] : cost_s_) known += cost;
  const double mean = known / static_cast<double>(cost_s_.size());
  const auto expected = [&](const std::string& cell, bool calibrated) {
    const auto found = cost_s_.find(cell);
    const double once = found == cost_s_.end() ? mean : found->second;
    return calibrated ? once : kCalibrating * once;
  };
  double left = 0;
  for (; at < cells.size(); ++at) left += expected(cells[at], round_ > 0);
  const int rounds_left = (plan_.budget_s > 0 ? kLeastRounds : plan_.rounds) - 1 - round_;
  for (const std::string& cell : plan_.cells) left += rounds_left * expected(cell, true);
  return std::max(left, of_budget);
}

std::vector<Standing> Campaign::standings() const {
  std::vector<Standing> all;
  for (const std::string& cell : plan_.cells) {
    Standing standing;
    if (const auto found = samples_.find(cell); found != samples_.end())
      for (const results::Json& row : found->second)
        standing.times.push_back(row.at("real_time").get<double>());
    if (const auto found = rounds_.find(cell); found != rounds_.end()) standing.rounds = found->second;
    if (const auto found = cost_s_.find(cell); found != cost_s_.end()) standing.expected_s = found->second;
    all.push_back(std::move(standing));
  }
  return all;
}

std::vector<results::Json> Campaign::rows() const {
  std::vector<results::Json> all;
  for (std::size_t at = 0; at < plan_.cells.size(); ++at) {
    const auto found = samples_.find(plan_.cells[at]);
    if (found == samples_.end()) continue;
    for (results::Json row : found->second) {
      row["repetitions"] = rounds_.at(plan_.cells[at]);
      row["family_index"] = at;
      row["per_family_instance_index"] = 0;
      all.push_back(std::move(row));
    }
  }
  return all;
}

}  // namespace shmoo::bench
