// What single operations are measured with on this machine: the fast clock and the hardware's counters. Facts
// of this process, measured or tried out; not part of the machine's identity.
#pragma once
#include <vector>

#include "machine/findings.hpp"

namespace shmoo::machine {

/// {"clock": {"source", "cost_ns", "resolution_ns", "ticks_per_ns"},
///  "counters": {"available", "scope": "user and kernel"|"user"|null, "reason": why not, or null,
///  "permitted"}}
/// The first call in a process takes some 5 ms.
Json instruments();

/// What to say of an object that instruments() gave; beside findings(). Missing counters are a warning only
/// where a setting would bring them.
std::vector<Finding> instrument_findings(const Json& instruments);

/// Both in one line: "clock: tsc, 11.2 ns a reading; hardware counters: none, this machine ...".
std::string instrument_summary(const Json& instruments);

}  // namespace shmoo::machine
