// shmoo run: rounds in fresh processes over the selected cells, into one results file; charts when the place
// is ours to choose.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <random>

#include "cli/plot.hpp"
#include "cli/progress.hpp"
#include "cli/run_journal.hpp"
#include "cli/verbs.hpp"
#include "harness/budget.hpp"
#include "harness/campaign.hpp"
#include "harness/classes.hpp"
#include "harness/context.hpp"
#include "harness/duration.hpp"
#include "harness/selection.hpp"
#include "machine/instruments.hpp"
#include "posix/atomic_file.hpp"
#include "posix/child.hpp"
#include "posix/interrupt.hpp"
#include "posix/leftovers.hpp"

namespace shmoo::cli {
namespace {

/// What a profile means besides the grid.
struct Pace {
  bench::Profile profile;
  int rounds;
  double min_time_s;
};

// Of a cell, when only a budget bounds them; what --rounds takes at most.
constexpr int kMostRounds = 10'000;

// A launch has to outlast several scheduler slices (3 to 4 ms), or oversubscribed cells see only a part of
// the picture.
Pace pace_of(const std::string& name) {
  if (name == "quick") return {bench::Profile::quick, 3, 0.015};
  if (name == "standard") return {bench::Profile::standard, 9, 0.02};
  return {bench::Profile::full, 9, 0.1};
}

std::filesystem::path prepare_out(const RunOptions& options) {
  std::filesystem::path out = options.out;
  if (out.empty()) {
    out = std::filesystem::path("results") / bench::machine_name() / (options.profile + ".json");
    std::filesystem::create_directories(out.parent_path());
  }
  try {
    posix::check_writable(out);
  } catch (const std::system_error& error) {
    throw UsageError(std::string("run: cannot ") + error.what() +
                     " (choose another place with --out FILE.json)");
  }
  return out;
}

void tell_warnings(const results::Json& context) {
  fmt::print(stderr, "{}\n", machine::instrument_summary(context));
  for (const auto& warning : context["warnings"])
    fmt::print(stderr, "warning: {}\n", warning["what"].get<std::string>());
  if (!context["warnings"].empty())
    fmt::print(stderr, "         (what they mean and what to do: shmoo doctor)\n");
}

/// Where the samples fell, and whether the floors can be trusted.
void tell_floors(const results::Document& document) {
  std::string classes;
  for (const auto& [name, count] : document.context["classes"]["counts"].items())
    classes += fmt::format("{}{} {}", classes.empty() ? "" : ", ", count.get<int>(), name);
  if (!classes.empty())
    fmt::print("classes: {} (by {})\n", classes, document.context["classes"]["source"].get<std::string>());
  std::size_t floors = 0;
  std::size_t unsettled = 0;
  std::size_t beaten = 0;
  for (const auto& row : document.benchmarks) {
    if (!row.contains("x_floor")) continue;
    ++floors;
    unsettled += row["unsettled"].get<bool>();
    beaten += row["x_floor"].get<double>() < 0.95;
  }
  if (floors == 0) return;
  fmt::print("floors: {} samples, {} unsettled (before and after differ by more than a quarter)\n", floors,
             unsettled);
  // A floor that mechanisms beat is none.
  if (beaten > 0)
    fmt::print("{}: {} samples ({:.1f} %) are faster than their floor: a defect of the probe\n",
               beaten * 50 > floors ? "warning" : "note", beaten,
               100.0 * static_cast<double>(beaten) / static_cast<double>(floors));
}

/// No cell is left: because of the filter, or because the profile is too small for it.
[[noreturn]] void refuse_filter(const RunOptions& options) {
  for (const bench::Profile larger : {bench::Profile::standard, bench::Profile::full})
    if (const std::size_t found = bench::select(larger, options.filter).size(); found > 0)
      throw UsageError(fmt::format(
          "run: --filter '{}' matches no cell of profile {}, but {} of profile {}: add --profile {}",
          options.filter, options.profile, found, bench::text(larger), bench::text(larger)));
  throw UsageError(fmt::format("run: no cell matches --filter '{}' (see: shmoo list)", options.filter));
}

/// Seconds; 0 = no budget.
double budget_of(const RunOptions& options) {
  if (options.budget.empty()) return 0;
  const auto length = bench::parse_duration(options.budget);
  if (!length || length->count() <= 0)
    throw UsageError(fmt::format("run: --budget '{}' is no length of time: write it like 90s, 10m or 1h30m",
                                 options.budget));
  if (options.rounds > 0 && options.rounds < bench::kLeastRounds)
    throw UsageError(fmt::format("run: with --budget each cell has at least {} rounds: --rounds {} or more",
                                 bench::kLeastRounds, bench::kLeastRounds));
  return static_cast<double>(length->count()) * 1e-9;
}

[[noreturn]] void refuse_budget(const RunOptions& options, std::size_t cells, double needed_s,
                                const char* how_sure, const std::string& after) {
  // Rounded up to what one would type.
  const std::string needed = needed_s < 120    ? fmt::format("{:.0f}s", std::ceil(needed_s))
                             : needed_s < 7200 ? fmt::format("{:.0f}m", std::ceil(needed_s / 60))
                                               : fmt::format("{:.0f}h", std::ceil(needed_s / 3600));
  throw UsageError(
      fmt::format("run: --budget {} cannot hold {} rounds of {} cells: they take {} {} here; "
                  "give that, or fewer cells (--filter, --profile){}",
                  options.budget, bench::kLeastRounds, cells, how_sure, needed, after));
}

/// What a budget has bought, and what not.
void tell_spread(const std::vector<std::string>& cells, const std::vector<bench::Standing>& standings,
                 double budget_s, double spent_s) {
  constexpr double kWide = 0.1;  // of the median
  constexpr std::size_t kTold = 5;
  const auto [fewest, most] = std::minmax_element(
      standings.begin(), standings.end(), [](const auto& a, const auto& b) { return a.rounds < b.rounds; });
  fmt::print("{} to {} rounds per cell", fewest->rounds, most->rounds);
  if (spent_s > budget_s && most->rounds <= bench::kLeastRounds)
    fmt::print("; these alone took {}, longer than the budget of {}", duration(spent_s), duration(budget_s));
  std::vector<double> width;
  std::vector<std::size_t> order;
  for (std::size_t at = 0; at < standings.size(); ++at) {
    width.push_back(bench::median_width(standings[at].times));
    if (std::isfinite(width[at])) order.push_back(at);
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return width[a] > width[b]; });
  const auto wide = std::count_if(order.begin(), order.end(), [&](auto at) { return width[at] > kWide; });
  if (wide == 0) {
    if (!order.empty())
      fmt::print("; every median is known to within {:.1f} %\n", 100 * width[order.front()]);
    else
      fmt::print("\n");
    return;
  }
  fmt::print("; {} of {} medians are still wider than {:.0f} %", wide, order.size(), 100 * kWide);
  fmt::print(" (95 % interval over all classes; below 6 rounds the range):\n");
  for (std::size_t place = 0; place < std::min<std::size_t>(kTold, static_cast<std::size_t>(wide)); ++place) {
    const std::size_t at = order[place];
    fmt::print("  {:4.0f} %  {} ({} rounds)\n", 100 * width[at], cells[at], standings[at].rounds);
  }
}

/// Lists what failed. @return the exit code: a load that this machine does not carry is no bad result.
int tell_failures(const std::vector<results::Json>& failures) {
  const auto tell = [&](const char* what, bool missed) {
    std::vector<std::string> lines;
    for (const results::Json& failure : failures) {
      const auto& reason = failure["reason"].get_ref<const std::string&>();
      if (reason.starts_with(bench::kMissedRate) == missed)
        lines.push_back(fmt::format("  {} (round {}): {}\n", failure["name"].get<std::string>(),
                                    failure["round"].get<int>() + 1, reason));
    }
    if (!lines.empty()) fmt::print(stderr, "{} {}:\n", lines.size(), what);
    for (const std::string& line : lines) fmt::print(stderr, "{}", line);
    return !lines.empty();
  };
  tell("samples with a load that was more than this machine carries", true);
  return tell("failures", false) ? 1 : 0;
}

}  // namespace

int run(const RunOptions& options) {
  const std::int64_t start = posix::monotonic_ns();
  const Pace pace = pace_of(options.profile);
  const double budget_s = budget_of(options);
  bench::Axes axes{options.place, options.wait, options.idle};
  bench::check(axes);
  const auto selected = bench::expand(bench::select(pace.profile, options.filter), axes);
  if (selected.empty()) refuse_filter(options);
  bench::CampaignPlan plan;
  plan.rounds = options.rounds > 0 ? options.rounds : budget_s > 0 ? kMostRounds : pace.rounds;
  plan.min_time_s = pace.min_time_s;
  plan.launch.limit = posix::Nanoseconds(static_cast<std::int64_t>(options.deadline_s * 1e9));
  plan.launch.floors = options.floors;
  plan.launch.awake = options.awake;
  plan.axes = axes;
  plan.budget_s = budget_s;
  plan.started_ns = start;
  results::Document document;
  for (const auto& one : selected) {
    if (one.candidate.make)
      plan.cells.push_back(one.candidate.cell.name());
    else
      document.skipped.push_back({{"name", one.candidate.cell.name()}, {"reason", one.candidate.refusal}});
  }
  if (const double least = bench::least_s(plan.cells.size(), plan.min_time_s);
      budget_s > 0 && least > budget_s)
    refuse_budget(options, plan.cells.size(), least, "at the very least", "");
  const std::filesystem::path out = prepare_out(options);
  posix::catch_interrupts();
  for (const auto& path : posix::remove_leftovers())
    fmt::print(stderr, "removed what a killed run had left: {}\n", path.string());

  document.context =
      bench::context_of({options.profile, options.filter, plan.rounds, plan.min_time_s,
                         options.seed ? options.seed : std::random_device()(), options.deadline_s, budget_s});
  document.context["run"]["axes"] = axes.to_json();
  document.context["run"]["floors"] = options.floors;
  document.context["run"]["awake"] = options.awake;
  posix::become_subreaper();
  // A run that goes on waits as it did before.
  try {
    if (!options.resume) document.context["run"]["spin_ns"] = bench::calibrated_spin_ns(plan.launch);
  } catch (const bench::Interrupted&) {
    fmt::print(stderr, "interrupted before anything was measured\n");
    return 128 + posix::interrupted();
  }
  const std::string journal_path = out.string() + ".journal";
  results::Journal journal = options.resume
                                 ? take_up_journal(journal_path, document, plan.cells, options.seed != 0)
                                 : begin_journal(journal_path, document, plan.cells);
  plan.seed = document.context["run"]["seed"];
  plan.launch.spin_ns = document.context["run"]["spin_ns"];
  tell_warnings(document.context);
  Progress progress(budget_s > 0 ? 0 : plan.rounds);
  bench::Campaign campaign(plan, journal, progress);
  campaign.replay(journal.entries());
  bool complete = false;
  try {
    complete = campaign.run();
  } catch (const bench::BudgetTooSmall& error) {
    progress.finish();
    refuse_budget(options, plan.cells.size(), error.needed_s, "about",
                  "; what was measured is kept for --resume with a larger budget");
  }
  progress.finish();

  const std::vector<bench::Standing> standings = campaign.standings();
  document.benchmarks = campaign.rows();
  document.context["classes"] =
      bench::classify(document.benchmarks, bench::topology_is_true(document.context));
  document.failures = campaign.failures();
  document.context["run"]["complete"] = complete;
  document.context["run"]["seconds"] = campaign.spent_s();
  if (budget_s > 0) {
    int most = 1;
    for (const bench::Standing& standing : standings) most = std::max(most, standing.rounds);
    document.context["run"]["rounds"] = most;
  }
  results::write(out, document);
  if (complete) journal.remove();

  fmt::print("{}{} samples of {} cells, {} failures, {} skipped, in {}: {}\n",
             complete ? "" : "interrupted; kept what was measured: ", document.benchmarks.size(),
             plan.cells.size(), document.failures.size(), document.skipped.size(),
             duration(document.context["run"]["seconds"].get<double>()), out.string());
  tell_floors(document);
  if (!complete) fmt::print("to go on: the same command with --resume\n");
  if (complete && budget_s > 0 && !standings.empty())
    tell_spread(plan.cells, standings, budget_s, campaign.spent_s());
  std::fflush(stdout);
  if (!complete) return 128 + posix::interrupted();

  if (options.out.empty()) {
    const std::filesystem::path charts = std::filesystem::path(out).replace_extension() += "-charts";
    try {
      draw({out.string(), "--out", charts.string()});  // says itself where they are, or why there are none
    } catch (const UsageError& error) {
      fmt::print(stderr, "shmoo: no charts: {}\n", error.what());
    }
  } else {
    fmt::print("charts: shmoo plot {}\n", out.string());
  }
  return tell_failures(document.failures);
}

}  // namespace shmoo::cli
