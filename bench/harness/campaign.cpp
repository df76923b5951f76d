#include "harness/campaign.hpp"

#include <algorithm>
#include <numeric>

#include "posix/interrupt.hpp"
#include "posix/poll.hpp"
#include "posix/program.hpp"

namespace shmoo::bench {

/// What is known of the process that runs the round.
struct Campaign::Round {
  int round;
  const std::vector<std::string>& cells;
  std::size_t at;             ///< index of the cell that runs or comes next
  bool running = false;       ///< that cell has begun
  std::int64_t since_ns = 0;  ///< when it began
};

Campaign::Campaign(CampaignPlan plan, results::Journal& journal, Observer& observer)
    : plan_(std::move(plan)), journal_(journal), observer_(observer), random_(plan_.seed) {}

bool Campaign::run() {
  for (int round = 0; round < plan_.rounds; ++round)
    if (!run_round(round)) return false;
  return true;
}

bool Campaign::run_round(int round) {
  std::vector<std::string> cells = plan_.cells;
  std::shuffle(cells.begin(), cells.end(), random_);
  for (std::size_t at = 0; at < cells.size();) {
    at = run_process(round, cells, at);
    if (posix::interrupted()) return false;
  }
  return true;
}

std::size_t Campaign::run_process(int round, const std::vector<std::string>& cells, std::size_t first) {
  RoundPlan plan;
  plan.min_time_s = plan_.min_time_s;
  plan.launch = plan_.launch;
  plan.axes = plan_.axes;
  for (std::size_t at = first; at < cells.size(); ++at) {
    const auto known = operations_.find(cells[at]);
    plan.cells.push_back({cells[at], known == operations_.end() ? 0 : known->second});
  }

  posix::Program bench(posix::own_program(), {"bench", "--plan"});
  bench.feed(plan.to_json().dump());
  Round state{round, cells, first};
  // A launch has a deadline of its own, twice; calibrating takes a dozen. This one is for a round's process
  // that hangs.
  const posix::Nanoseconds silence = 30 * plan_.launch.limit;
  posix::Deadline deadline = posix::Deadline::in(silence);
  std::string heard;
  for (bool open = true; open;) {
    const int watched[] = {posix::interrupt_fd(), bench.stdout_fd()};
    posix::wait_readable(watched, deadline);
    if (posix::interrupted()) {
      // It ends its team, its servers and itself; what does not obey is killed by ~Program.
      bench.process().terminate();
      bench.process().join(posix::Deadline::in(std::chrono::seconds(5)));
      return state.at;
    }
    const std::size_t before = heard.size();
    open = bench.drain(heard);
    if (heard.size() > before) deadline = posix::Deadline::in(silence);
    std::size_t start = 0;
    for (std::size_t end; (end = heard.find('\n', start)) != std::string::npos; start = end + 1)
      hear(results::Json::parse(heard.substr(start, end - start)), state);
    heard.erase(0, start);
    if (open && deadline.passed()) {
      bench.process().kill();
      break;
    }
  }
  const bool ended = bench.process().join(posix::Deadline::in(std::chrono::seconds(10)));
  if (posix::interrupted()) return state.at;
  const std::string ending = ended ? bench.process().ending().text() : "did not end";
  if (state.running) {
    fail(cells[state.at], round, "the round's process " + ending + " in this cell");
    ++state.at;
  } else if (state.at == first) {
    // It dealt with nothing at all: going on would loop for ever.
    for (; state.at < cells.size(); ++state.at)
      fail(cells[state.at], round, "the round's process " + ending + " at once");
  }
  return state.at;
}

void Campaign::hear(const results::Json& event, Round& state) {
  const std::string& cell = state.cells[state.at];
  if (event.contains("begin")) {
    state.running = true;
    state.since_ns = posix::monotonic_ns();
    observer_.begins(cell, state.round, done_, plan_.cells.size() * static_cast<std::size_t>(plan_.rounds),
                     left_s(state.round, state.cells, state.at));
    return;
  }
  if (event.contains("sample")) {
    results::Json row = event["sample"];
    const bool calibrating = !operations_.contains(cell);
    operations_.try_emplace(cell, row["iterations"].get<std::uint64_t>());
    const double took = static_cast<double>(posix::monotonic_ns() - state.since_ns) * 1e-9;
    // A round that calibrates launches about seven times; the launches grow, so the last is a good half of
    // the whole.
    last_s_[cell] = calibrating ? took / 2 : took;
    row["repetitions"] = plan_.rounds;
    row["repetition_index"] = state.round;
    journal_.append({{"sample", row}});
    samples_[cell].push_back(std::move(row));
    ++done_;
  } else if (event.contains("failure")) {
    fail(cell, state.round, event["failure"]["reason"]);
  }
  state.running = false;
  ++state.at;
}

void Campaign::fail(const std::string& cell, int round, const std::string& reason) {
  results::Json failure{{"name", cell}, {"round", round}, {"reason", reason}};
  journal_.append({{"failure", failure}});
  failures_.push_back(std::move(failure));
  observer_.failed(cell, round, reason);
  ++done_;
}

double Campaign::left_s(int round, const std::vector<std::string>& cells, std::size_t at) const {
  if (last_s_.empty()) return -1;
  double known = 0;
  for (const auto& [cell, seconds] : last_s_) known += seconds;
  const double mean = known / static_cast<double>(last_s_.size());
  const auto expected = [&](const std::string& cell, bool calibrated) {
    const auto found = last_s_.find(cell);
    const double once = found == last_s_.end() ? mean : found->second;
    return calibrated ? once : 2 * once;
  };
  double left = 0;
  for (; at < cells.size(); ++at) left += expected(cells[at], round > 0);
  const int rounds_left = plan_.rounds - 1 - round;
  for (const std::string& cell : plan_.cells) left += rounds_left * expected(cell, true);
  return left;
}

std::vector<results::Json> Campaign::rows() const {
  std::vector<results::Json> all;
  for (std::size_t at = 0; at < plan_.cells.size(); ++at) {
    const auto found = samples_.find(plan_.cells[at]);
    if (found == samples_.end()) continue;
    for (results::Json row : found->second) {
      row["family_index"] = at;
      row["per_family_instance_index"] = 0;
      all.push_back(std::move(row));
    }
  }
  return all;
}

}  // namespace shmoo::bench
