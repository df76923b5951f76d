#include "harness/row.hpp"

namespace shmoo::bench {
namespace {

/// A key that is absent when nothing is known.
void put(nlohmann::ordered_json& row, const char* key, const std::optional<double>& value, double per = 1) {
  if (value) row[key] = *value / per;
}

}  // namespace

nlohmann::ordered_json row_of(const Workload& workload, const Candidate& candidate, const Sample& sample) {
  const Cell& cell = candidate.cell;
  const auto operations = static_cast<double>(sample.operations);
  const Latencies& latencies = sample.outcome.latencies;
  // The rate is that of the launch in any case; of an open loop it says what was asked for.
  const double elapsed_ns = sample.ns_per_operation();
  const double ns = workload.open_loop ? latencies.mean_ns : elapsed_ns;
  const auto per_operation = [&](auto total) { return static_cast<double>(total) / operations; };
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
  row["operations_per_second"] = 1e9 / elapsed_ns;
  if (moved > 0) row["bytes_per_second"] = 1e9 / elapsed_ns * static_cast<double>(moved);
  if (latencies.count > 0) {
    row["latencies"] = latencies.count;
    put(row, "p50_ns", latencies.p50_ns);
    put(row, "p90_ns", latencies.p90_ns);
    put(row, "p99_ns", latencies.p99_ns);
    put(row, "p999_ns", latencies.p999_ns);
    row["max_ns"] = latencies.max_ns;
  }
  const posix::Usage& usage = sample.outcome.usage;
  row["cpu_ns"] = per_operation(usage.cpu_ns);
  row["switches"] = per_operation(usage.switches());
  row["switches_voluntary"] = per_operation(usage.switches_voluntary);
  row["switches_involuntary"] = per_operation(usage.switches_involuntary);
  row["faults"] = per_operation(usage.faults());
  row["faults_minor"] = per_operation(usage.faults_minor);
  row["faults_major"] = per_operation(usage.faults_major);
  const posix::PerfCounts& counts = sample.outcome.counts;
  put(row, "cycles", counts.cycles, operations);
  put(row, "instructions", counts.instructions, operations);
  put(row, "cache_misses", counts.cache_misses, operations);
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
