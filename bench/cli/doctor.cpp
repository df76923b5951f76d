// shmoo doctor: is this machine fit for measuring, and what would make it better?
// Exit codes: 0 fit, 1 usable with warnings, 2 unfit.
#include "machine/facts.hpp"

#include <iostream>

#include "cli/verbs.hpp"
#include "machine/findings.hpp"
#include "machine/instruments.hpp"

namespace shmoo::cli {
namespace {

void print(const machine::Json& facts, const std::vector<machine::Finding>& all) {
  std::cout << machine::summary(facts["identity"]) << '\n';
  for (const machine::Finding& finding : all) {
    const std::string severity(machine::name(finding.severity));
    std::cout << "  " << severity << std::string(9 - severity.size(), ' ') << finding.what << '\n';
    if (finding.severity == machine::Severity::ok) continue;
    std::cout << "           " << finding.means << '\n' << "           > " << finding.type << '\n';
  }
  const auto bad = machine::warnings(all).size();
  switch (machine::verdict(all)) {
    case machine::Severity::ok:
      std::cout << "fit\n";
      break;
    case machine::Severity::warning:
      std::cout << "usable, with " << bad << (bad == 1 ? " warning\n" : " warnings\n");
      break;
    case machine::Severity::unfit:
      std::cout << "unfit: see above\n";
      break;
  }
}

}  // namespace

int doctor(bool json) {
  const machine::Json facts = machine::facts();
  auto all = machine::findings(facts);
  const machine::Json instruments = machine::instruments();
  for (auto& finding : machine::instrument_findings(instruments)) all.push_back(std::move(finding));
  for (auto& finding : machine::build_findings()) all.push_back(std::move(finding));
  if (json) {
    machine::Json document{{"verdict", machine::name(machine::verdict(all))},
                           {"summary", machine::summary(facts["identity"])},
                           {"findings", machine::Json::array()},
                           {"machine", facts},
                           {"instruments", instruments}};
    for (const auto& finding : all) document["findings"].push_back(machine::to_json(finding));
    std::cout << document.dump(1, ' ', false, machine::Json::error_handler_t::replace) << '\n';
  } else {
    print(facts, all);
  }
  return static_cast<int>(machine::verdict(all));
}

}  // namespace shmoo::cli
