// What about this machine makes its numbers worse, and what to do about it: the words of `shmoo doctor`, and
// the warnings that a results file carries. Pure functions of facts(): no file and no system call is read
// here.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "machine/facts.hpp"

namespace shmoo::machine {

enum class Severity {
  ok,       ///< looked at and fine
  warning,  ///< the numbers are good with this in mind
  unfit,    ///< the suite cannot do its work here
};
std::string_view name(Severity severity);

/// One thing that was looked at.
struct Finding {
  std::string id;  ///< stable, for programs: "governor", "dev_shm" ...
  Severity severity = Severity::ok;
  std::string what;   ///< what is the case
  std::string means;  ///< what that does to the numbers; "" when ok
  std::string type;   ///< what to type or do about it; "" when ok
};

/// All findings on the object that facts() gives, in the order of display. A fact that is null gives no
/// finding, except that several at once are a finding of their own.
std::vector<Finding> findings(const Json& facts);

/// How this program was built: without optimisation or with sanitizers it measures those.
std::vector<Finding> build_findings();

/// The worst of them; ok when there is none.
Severity verdict(const std::vector<Finding>& all);

/// "what: means (type)" of all that are not ok, as context.warnings of a results file has them.
std::vector<std::string> warnings(const std::vector<Finding>& all);

/// {"id", "severity", "what", "means", "type"}
Json to_json(const Finding& finding);

}  // namespace shmoo::machine
