// shmoo list: every cell of the grid on this machine, and what is left out, with the reason.
#include <iostream>

#include "cli/verbs.hpp"
#include "harness/selection.hpp"
#include "results/document.hpp"

namespace shmoo::cli {
namespace {

results::Json describe(const bench::Selected& selected) {
  const auto& [workload, candidate] = selected;
  const bench::Cell& cell = candidate.cell;
  results::Json json{{"name", cell.name()},
                     {"contract", cell.contract},
                     {"workload", cell.workload},
                     {"mechanism", cell.mechanism},
                     {"bytes", cell.bytes},
                     {"procs", cell.procs},
                     {"variant", results::Json::object()},
                     {"profile", bench::text(candidate.from)},
                     {"operation", workload->operation},
                     {"summary", candidate.about.summary},
                     {"peer_death", candidate.about.peer_death}};
  for (const bench::Axis& axis : cell.variant) json["variant"][axis.name] = axis.value;
  if (!candidate.refusal.empty()) json["skipped"] = candidate.refusal;
  return json;
}

}  // namespace

int list(const ListOptions& options) {
  const auto selected = bench::select(bench::Profile::full, options.filter);
  if (selected.empty()) throw UsageError("list: no cell matches --filter '" + options.filter + "'");
  if (options.json) {
    results::Json all = results::Json::array();
    for (const auto& one : selected) all.push_back(describe(one));
    std::cout << all.dump(1) << '\n';
  } else {
    for (const auto& one : selected)
      std::cout << one.candidate.cell.name()
                << (one.candidate.make ? "" : "  (skipped: " + one.candidate.refusal + ")") << '\n';
  }
  return 0;
}

}  // namespace shmoo::cli
