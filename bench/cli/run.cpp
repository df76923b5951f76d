// shmoo run: rounds in fresh processes over the selected cells, into one results file; charts when the place
// is ours to choose.
#include <fmt/format.h>

#include <filesystem>
#include <random>

#include "cli/plot.hpp"
#include "cli/progress.hpp"
#include "cli/verbs.hpp"
#include "harness/campaign.hpp"
#include "harness/classes.hpp"
#include "harness/context.hpp"
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

}  // namespace

int run(const RunOptions& options) {
  const Pace pace = pace_of(options.profile);
  bench::Axes axes{options.place, options.wait};
  bench::check(axes);
  const auto selected = bench::expand(bench::select(pace.profile, options.filter), axes);
  if (selected.empty()) refuse_filter(options);
  const std::filesystem::path out = prepare_out(options);
  posix::catch_interrupts();
  for (const auto& path : posix::remove_leftovers())
    fmt::print(stderr, "removed what a killed run had left: {}\n", path.string());

  bench::CampaignPlan plan;
  plan.rounds = options.rounds > 0 ? options.rounds : pace.rounds;
  plan.min_time_s = pace.min_time_s;
  plan.launch.limit = posix::Nanoseconds(static_cast<std::int64_t>(options.deadline_s * 1e9));
  plan.launch.floors = options.floors;
  plan.launch.awake = options.awake;
  plan.axes = axes;
  plan.seed = options.seed ? options.seed : std::random_device()();
  results::Document document;
  for (const auto& one : selected) {
    if (one.candidate.make)
      plan.cells.push_back(one.candidate.cell.name());
    else
      document.skipped.push_back({{"name", one.candidate.cell.name()}, {"reason", one.candidate.refusal}});
  }
  document.context =
      bench::context_of({options.profile, options.filter, plan.rounds, plan.min_time_s, plan.seed});
  tell_warnings(document.context);
  posix::become_subreaper();
  plan.launch.spin_ns = bench::calibrated_spin_ns(plan.launch);
  document.context["run"]["floors"] = options.floors;
  document.context["run"]["awake"] = options.awake;
  document.context["run"]["spin_ns"] = plan.launch.spin_ns;

  const std::size_t cells = plan.cells.size();
  const std::int64_t start = posix::monotonic_ns();
  results::Journal journal(out.string() + ".journal");
  journal.append({{"context", document.context}});
  Progress progress(plan.rounds);
  bench::Campaign campaign(plan, journal, progress);
  const bool complete = campaign.run();
  progress.finish();

  document.benchmarks = campaign.rows();
  document.context["classes"] =
      bench::classify(document.benchmarks, bench::topology_is_true(document.context));
  document.failures = campaign.failures();
  document.context["run"]["complete"] = complete;
  document.context["run"]["seconds"] = static_cast<double>(posix::monotonic_ns() - start) * 1e-9;
  results::write(out, document);
  journal.remove();

  fmt::print("{}{} samples of {} cells, {} failures, {} skipped, in {}: {}\n",
             complete ? "" : "interrupted; kept what was measured: ", document.benchmarks.size(), cells,
             document.failures.size(), document.skipped.size(),
             duration(document.context["run"]["seconds"].get<double>()), out.string());
  tell_floors(document);
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
  if (document.failures.empty()) return 0;
  fmt::print(stderr, "{} failures:\n", document.failures.size());
  for (const auto& failure : document.failures)
    fmt::print(stderr, "  {} (round {}): {}\n", failure["name"].get<std::string>(),
               failure["round"].get<int>() + 1, failure["reason"].get<std::string>());
  return 1;
}

}  // namespace shmoo::cli
