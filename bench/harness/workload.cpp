#include "harness/workload.hpp"

#include <algorithm>
#include <array>

#include "posix/affinity.hpp"

namespace shmoo::bench {
namespace {

std::vector<Workload>& table() {
  static std::vector<Workload> all;
  return all;
}

std::size_t contract_order(std::string_view contract) {
  constexpr std::array<std::string_view, 6> order{"globals", "value", "array", "queue", "dict", "floor"};
  return static_cast<std::size_t>(std::find(order.begin(), order.end(), contract) - order.begin());
}

}  // namespace

Points process_counts(int least) {
  const auto cpus = static_cast<std::uint64_t>(posix::allowed_cpus().size());
  const std::uint64_t most = std::max<std::uint64_t>(8, 2 * cpus);
  Points points;
  for (std::uint64_t count = 1; count <= most; count *= 2) {
    if (count < static_cast<std::uint64_t>(least)) continue;
    // quick sees the least count and one that is (on small machines) beyond the CPUs; the rest is for longer
    // runs.
    const bool first = points.empty();
    const Profile longer = count > std::max<std::uint64_t>(4, 2 * cpus) ? Profile::full : Profile::standard;
    points.push_back({count, first || count == 4 ? Profile::quick : longer});
  }
  if (points.back().value < most) points.push_back({most, Profile::standard});
  return points;
}

Profile least_profile(const Cell& cell, const About& about) {
  constexpr std::uint64_t kUsual = 64;
  constexpr std::uint64_t kShort = 4096;  // beyond it the transport hardly shows beside the copying
  if (about.served && about.transport == Transport::tcp && (cell.contract != "dict" || cell.procs > 2))
    return Profile::full;
  if (about.served && about.transport == Transport::shm && cell.contract != "dict")
    return cell.bytes <= kShort ? Profile::standard : Profile::full;
  if (about.delegates) {
    const bool calls = cell.workload == "set" || cell.workload == "get" || cell.workload == "update" ||
                       cell.workload == "mixed";
    return calls && cell.bytes == kUsual && cell.procs <= 2 ? Profile::quick : Profile::full;
  }
  return Profile::quick;
}

const std::vector<Workload>& workloads() {
  return table();
}

Registration::Registration(Workload workload) {
  auto& all = table();
  const auto key = [](const Workload& w) { return std::pair(contract_order(w.contract), w.name); };
  all.insert(std::upper_bound(all.begin(), all.end(), workload,
                              [&](const Workload& a, const Workload& b) { return key(a) < key(b); }),
             std::move(workload));
}

}  // namespace shmoo::bench
