// The table of contents: the verbs, what they are told, and the one place that refuses.
#include <cstdio>
#include <exception>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/verbs.hpp"

namespace {

/// One line on stderr, whatever the text.
int refuse(std::string text) {
  for (char& c : text)
    if (c == '\n') c = ' ';
  std::fprintf(stderr, "shmoo: %s\n", text.c_str());
  return 2;
}

/// Adds the verbs; the one that is named on the command line leaves its exit code.
void add_verbs(CLI::App& app, int& exit_code) {
  constexpr const char* kFilter = "Only cells whose names match this regular expression";
  using namespace shmoo::cli;

  auto* verb = app.add_subcommand("run", "Measure, and write a results file");
  auto run_options = std::make_shared<RunOptions>();
  verb->add_option("--profile", run_options->profile,
                   "How much of the grid: quick (2 min), standard (20 min), full")
      ->check(CLI::IsMember({"quick", "standard", "full"}))
      ->capture_default_str();
  verb->add_option("--filter", run_options->filter, kFilter);
  verb->add_option(
          "--rounds", run_options->rounds,
          "Rounds in fresh processes (default: the profile's); with --budget the most that a cell gets")
      ->check(CLI::Range(1, 10'000));
  verb->add_option(
      "--budget", run_options->budget,
      "How long to measure, e.g. 90s, 10m, 1h30m: 3 rounds of each cell, then more where the median "
      "is known worst");
  verb->add_flag("--resume", run_options->resume,
                 "Go on with a run that was killed or interrupted; repeat its other options");
  verb->add_option("--out", run_options->out,
                   "Results file (default: results/<machine>/<profile>.json, and charts beside it)");
  verb->add_option("--deadline", run_options->deadline_s,
                   "Seconds that one launch may take before it counts as failed")
      ->check(CLI::Range(0.1, 86'400.0))
      ->capture_default_str();
  verb->add_option("--seed", run_options->seed,
                   "Seed of the random orders (default: a new one; the file records it)");
  verb->add_option(
          "--place", run_options->place,
          "Where a team sits, as an axis: auto (distinct cores, nearest first), same_cpu, smt, same_l3, far, "
          "unpinned; several with commas")
      ->delimiter(',')
      ->capture_default_str();
  verb->add_option("--wait", run_options->wait,
                   "How mechanisms that have the choice wait, as an axis: adaptive (spin for a wake-up's "
                   "cost, then sleep), "
                   "spin, yield, block; several with commas")
      ->delimiter(',')
      ->capture_default_str();
  verb->add_option("--idle", run_options->idle,
                   "How long processes rest before each operation, as an axis: 0 (hot), 1ms, 10ms, 100ms; "
                   "several with "
                   "commas")
      ->delimiter(',')
      ->capture_default_str();
  verb->add_flag("!--no-floors", run_options->floors, "Take no probes: no floors and no classes");
  verb->add_flag("!--no-awake", run_options->awake, "Let the team's CPUs halt when nobody runs on them");
  verb->callback([run_options, &exit_code] { exit_code = run(*run_options); });

  verb = app.add_subcommand("bench", "One round in this process; takes every --benchmark_* flag");
  auto bench_options = std::make_shared<BenchOptions>();
  verb->add_option("--filter", bench_options->filter, kFilter);
  verb->add_flag("--plan", bench_options->plan, "Read the round's plan from stdin, write events to stdout");
  verb->allow_extras();
  verb->callback([verb, bench_options, &exit_code] {
    bench_options->flags = verb->remaining();
    exit_code = bench(*bench_options);
  });

  verb = app.add_subcommand("list", "Every cell on this machine, and what is skipped and why");
  auto list_options = std::make_shared<ListOptions>();
  verb->add_option("--filter", list_options->filter, kFilter);
  verb->add_flag("--json", list_options->json, "One JSON array, an object per cell");
  verb->callback([list_options, &exit_code] { exit_code = list(*list_options); });

  verb = app.add_subcommand("demo", "The five ways to share, each in a few lines");
  auto section = std::make_shared<std::string>();
  verb->add_option("SECTION", *section, "One section alone")->check(CLI::IsMember(demo_sections()));
  verb->callback([section, &exit_code] { exit_code = demo(*section); });

  verb = app.add_subcommand("doctor", "Is this machine fit for measuring, and what would make it better?");
  verb->footer("Exit code: 0 fit, 1 usable with warnings, 2 unfit.");
  auto json = std::make_shared<bool>(false);
  verb->add_flag("--json", *json, "Verdict, findings and all facts as one JSON object");
  verb->callback([json, &exit_code] { exit_code = doctor(*json); });

  verb = app.add_subcommand("plot", "Draw charts and a page from a results file");
  auto plot_options = std::make_shared<PlotOptions>();
  verb->add_option("RESULTS", plot_options->results, "Results file (JSON)")->required();
  verb->add_option("--out", plot_options->out, "Folder for the charts (default: beside the results file)");
  verb->callback([plot_options, &exit_code] { exit_code = plot(*plot_options); });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"shmoo: which way should these processes share their data, on this machine?", "shmoo"};
  app.require_subcommand(1);
  app.set_version_flag("--version", SHMOO_VERSION);
  int exit_code = 0;
  add_verbs(app, exit_code);
  try {
    // CLI11 would only say that a subcommand is missing.
    const auto named = [&](const CLI::App* verb) { return verb->get_name() == argv[1]; };
    if (argc > 1 && argv[1][0] != '-' && app.get_subcommands(named).empty())
      throw shmoo::cli::UsageError("there is no verb '" + std::string(argv[1]) + "' (try: shmoo --help)");
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForVersion& version) {
    return app.exit(version);
  } catch (const CLI::ParseError& error) {
    return refuse(std::string(error.what()) + " (try: shmoo --help)");
  } catch (const std::exception& error) {
    return refuse(error.what());
  }
  return exit_code;
}
