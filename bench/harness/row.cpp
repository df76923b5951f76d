#include "harness/row.hpp"

namespace shmoo::bench {

nlohmann::ordered_json row_of(const Workload& workload, const Candidate& candidate, const Sample& sample) {
  const Cell& cell = candidate.cell;
  const auto operations = static_cast<double>(sample.operations);
  const double ns = sample.ns_per_operation();
  const auto per_operation = [&](std::int64_t total) { return static_cast<double>(total) / operations; };
  const std::uint64_t moved = workload.bytes_per_operation ? workload.bytes_per_operation(cell) : 0;

  nlohmann::ordered_json row;
  row["name"] = cell.name();
  row["run_name"] = cell.name();
  row["run_type"] = "iteration";
  row["threads"] = 1;
  row["iterations"] = sample.operations;
  row["real_time"] = ns;
  row["cpu_time"] = per_operation(sample.outcome.usage.cpu_ns);
  row["time_unit"] = "ns";
  row["contract"] = cell.contract;
  row["workload"] = cell.workload;
  row["mechanism"] = cell.mechanism;
  row["bytes"] = cell.bytes;
  row["procs"] = cell.procs;
  row["variant"] = nlohmann::ordered_json::object();
  for (const Axis& axis : cell.variant) row["variant"][axis.name] = axis.value;
  const auto axis = [&](const char* name, const char* usual) {
    const std::string value = cell.axis(name);
    return value.empty() ? usual : value;
  };
  row["placement"] = axis("place", "auto");
  row["wait"] = axis("wait", "adaptive");
  row["class"] = sample.nearness.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(sample.nearness);
  row["oversubscribed"] = sample.oversubscribed;
  row["isolated"] = candidate.about.isolated;
  row["loses_updates"] = candidate.about.loses_updates;
  row["tears"] = candidate.about.tears;
  row["operations_per_second"] = 1e9 / ns;
  if (moved > 0) row["bytes_per_second"] = 1e9 / ns * static_cast<double>(moved);
  row["cpu_ns"] = per_operation(sample.outcome.usage.cpu_ns);
  row["switches"] = per_operation(sample.outcome.usage.switches);
  row["faults"] = per_operation(sample.outcome.usage.faults);
  row["least_share"] = sample.outcome.least_share;
  if (sample.floor.line_ns > 0) row["line_ns"] = sample.floor.line_ns;
  if (sample.floor.floor_ns > 0) {
    row["floor"] = name(sample.floor.floor);
    row["floor_ns"] = sample.floor.floor_ns;
    row["x_floor"] = ns / sample.floor.floor_ns;
  }
  if (sample.floor.line_ns > 0 || sample.floor.floor_ns > 0) row["unsettled"] = sample.floor.unsettled;
  return row;
}

}  // namespace shmoo::bench
