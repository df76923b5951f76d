// A cell: one point of the grid, and its name. Names are an interface: baselines depend on them.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace shmoo::bench {

/// An axis that is not at its default, e.g. {"pages", "thp"}.
struct Axis {
  std::string name;
  std::string value;
  bool operator==(const Axis&) const = default;
};

struct Cell {
  std::string contract;
  std::string workload;
  std::string mechanism;
  std::uint64_t bytes = 0;    ///< payload, bytes: what it means is said by the workload
  int procs = 1;              ///< processes of the team
  std::vector<Axis> variant;  ///< in display order

  /// contract/workload/mechanism/bytes:64/procs:2, then the variant's axes.
  std::string name() const {
    std::string text = contract + '/' + workload + '/' + mechanism + "/bytes:" + std::to_string(bytes) +
                       "/procs:" + std::to_string(procs);
    for (const Axis& axis : variant) text += '/' + axis.name + ':' + axis.value;
    return text;
  }
  /// The value of a variant axis, or "" when it is at its default.
  std::string axis(const std::string& name) const {
    for (const Axis& axis : variant)
      if (axis.name == name) return axis.value;
    return "";
  }
};

}  // namespace shmoo::bench
