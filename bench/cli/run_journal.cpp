#include "cli/run_journal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include "cli/verbs.hpp"
#include "harness/resume.hpp"

namespace shmoo::cli {
namespace {

using results::Journal;
using results::Json;

std::size_t samples_in(const std::vector<Json>& entries) {
  return static_cast<std::size_t>(std::count_if(entries.begin(), entries.end(),
                                                [](const Json& entry) { return entry.contains("sample"); }));
}

UsageError refused(const results::JournalRefused& error, const char* advice) {
  return UsageError(fmt::format("run: {} ({})", error.what(), advice));
}

/// Adds to `all` what is not there yet: the run was under both.
void merge_warnings(Json& all, const Json& more) {
  for (const Json& warning : more)
    if (std::none_of(all.begin(), all.end(), [&](const Json& one) { return one["id"] == warning["id"]; }))
      all.push_back(warning);
}

}  // namespace

Journal begin_journal(const std::filesystem::path& path, const results::Document& document,
                      const std::vector<std::string>& cells) {
  try {
    if (const std::size_t samples = samples_in(Journal::read(path)); samples > 0) {
      const std::filesystem::path old = path.string() + ".old";
      Journal::move(path, old);
      fmt::print(stderr,
                 "begun anew; the {} samples of an unfinished run are now in {} (to go on with them: move it "
                 "back to {}, and --resume)\n",
                 samples, old.string(), path.string());
    }
    Journal journal(path);
    journal.append({{"context", document.context}});
    journal.append({{"plan", {{"cells", cells}, {"skipped", document.skipped}}}});
    return journal;
  } catch (const results::JournalRefused& error) {
    throw refused(error, "choose another place with --out FILE.json, or wait for it");
  }
}

Journal take_up_journal(const std::filesystem::path& path, results::Document& document,
                        std::vector<std::string>& cells, bool seed) {
  if (!std::filesystem::exists(path))
    throw UsageError(fmt::format(
        "run: nothing to --resume: there is no {} (a run that ends removes its journal; --out names another)",
        path.string()));
  try {
    Journal journal = Journal::take_up(path);
    bench::Unfinished run = bench::unfinished_of(journal.entries());
    if (const std::string why = bench::why_another(run.context, document.context, seed); !why.empty())
      throw UsageError(fmt::format("run: cannot --resume {}: {} (without --resume a run begins anew)",
                                   path.string(), why));
    const Json now = std::move(document.context);
    document.context = std::move(run.context);
    document.skipped = std::move(run.skipped);
    cells = std::move(run.cells);
    run.resumed.push_back(now["date"]);
    document.context["run"]["resumed"] = run.resumed;
    document.context["run"]["budget_s"] = now["run"]["budget_s"];
    merge_warnings(document.context["warnings"], now["warnings"]);
    fmt::print(stderr, "going on with {}: {} samples are there\n", path.string(),
               samples_in(journal.entries()));
    journal.append({{"resumed", {{"date", now["date"]}}}});
    return journal;
  } catch (const results::JournalRefused& error) {
    throw refused(error, "--resume needs a whole journal that no run is writing to");
  } catch (const std::invalid_argument& error) {
    throw UsageError(fmt::format("run: cannot --resume {}: {}", path.string(), error.what()));
  } catch (const Json::exception& error) {
    throw UsageError(
        fmt::format("run: cannot --resume {}: it is no journal of a run ({})", path.string(), error.what()));
  }
}

}  // namespace shmoo::cli
