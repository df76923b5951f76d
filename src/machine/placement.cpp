#include "machine/placement.hpp"

#include <hwloc.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <memory>

#include "machine/facts.hpp"
#include "posix/affinity.hpp"

namespace shmoo::machine {
namespace {

constexpr std::array<std::string_view, 6> kNames{"auto", "same_cpu", "smt", "same_l3", "far", "unpinned"};

/// 0 = the same CPU; the more, the farther.
int distance(const Cpu& a, const Cpu& b) {
  if (a.number == b.number) return 0;
  if (a.core == b.core) return 1;
  if (a.l3 == b.l3) return 2;
  return a.package == b.package ? 3 : 4;
}

/// The CPUs of one core each, nearest to the first one first; of those equally near the lower number.
std::vector<Cpu> by_core(const std::vector<Cpu>& cpus) {
  std::vector<Cpu> cores;
  for (const Cpu& cpu : cpus)
    if (std::none_of(cores.begin(), cores.end(), [&](const Cpu& c) { return c.core == cpu.core; }))
      cores.push_back(cpu);
  const Cpu first = cores.front();
  std::stable_sort(cores.begin(), cores.end(),
                   [&](const Cpu& a, const Cpu& b) { return distance(first, a) < distance(first, b); });
  return cores;
}

/// The largest group of CPUs with the same `key`.
template <class Key>
std::vector<Cpu> largest_group(const std::vector<Cpu>& cpus, Key key) {
  std::vector<Cpu> best;
  for (const Cpu& cpu : cpus) {
    std::vector<Cpu> group;
    std::copy_if(cpus.begin(), cpus.end(), std::back_inserter(group),
                 [&](const Cpu& other) { return key(other) == key(cpu); });
    if (group.size() > best.size()) best = std::move(group);
  }
  return best;
}

std::vector<int> numbers(const std::vector<Cpu>& cpus) {
  std::vector<int> all;
  for (const Cpu& cpu : cpus) all.push_back(cpu.number);
  return all;
}

}  // namespace

std::vector<Cpu> cpus(const std::string& synthetic, std::vector<int> allowed) {
  ::setenv("HWLOC_HIDE_ERRORS", "2", 0);
  std::vector<Cpu> all;
  if (synthetic.empty()) allowed = posix::allowed_cpus();
  hwloc_topology_t raw = nullptr;
  std::unique_ptr<hwloc_topology, decltype(&hwloc_topology_destroy)> machine(nullptr, hwloc_topology_destroy);
  if (hwloc_topology_init(&raw) == 0) {
    machine.reset(raw);
    hwloc_topology_set_flags(raw, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
    const bool known = (synthetic.empty() || hwloc_topology_set_synthetic(raw, synthetic.c_str()) == 0) &&
                       hwloc_topology_load(raw) == 0;
    if (!known) machine.reset();
  }
  const auto add = [&](int number) {
    Cpu cpu{number, number, 0, 0};
    const hwloc_obj_t unit =
        machine ? hwloc_get_pu_obj_by_os_index(raw, static_cast<unsigned>(number)) : nullptr;
    if (unit) {
      const auto above = [&](hwloc_obj_type_t type, int otherwise) {
        const hwloc_obj_t object = hwloc_get_ancestor_obj_by_type(raw, type, unit);
        return object ? static_cast<int>(object->logical_index) : otherwise;
      };
      cpu.package = above(HWLOC_OBJ_PACKAGE, 0);
      // Cores are numbered apart from CPUs: one that is unknown must not look like a neighbour's.
      cpu.core = above(HWLOC_OBJ_CORE, -1 - number);
      cpu.l3 = above(HWLOC_OBJ_L3CACHE, -1 - cpu.package);
    }
    all.push_back(cpu);
  };
  if (!synthetic.empty() && allowed.empty() && machine)
    for (hwloc_obj_t unit = hwloc_get_next_obj_by_type(raw, HWLOC_OBJ_PU, nullptr); unit;
         unit = hwloc_get_next_obj_by_type(raw, HWLOC_OBJ_PU, unit))
      allowed.push_back(static_cast<int>(unit->os_index));
  for (const int number : allowed) add(number);
  std::sort(all.begin(), all.end(), [](const Cpu& a, const Cpu& b) { return a.number < b.number; });
  return all;
}

std::optional<int> cpu_quota() {
  const Json found = file_facts("/")["identity"]["cgroup"];
  if (!found.is_object() || !found.contains("cpus") || !found["cpus"].is_number()) return std::nullopt;
  return std::max(1, static_cast<int>(std::floor(found["cpus"].get<double>())));
}

std::string_view name(Place place) {
  return kNames[static_cast<std::size_t>(place)];
}

std::optional<Place> place_of(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Place>(found - kNames.begin());
}

Placement place(Place wanted, const std::vector<Cpu>& cpus, int procs, std::optional<int> quota) {
  const auto most = static_cast<std::size_t>(quota.value_or(static_cast<int>(cpus.size())));
  std::vector<Cpu> chosen;
  std::string refusal;
  switch (wanted) {
    case Place::automatic: {
      chosen = by_core(cpus);
      std::vector<Cpu> siblings;
      for (const Cpu& cpu : cpus)
        if (std::none_of(chosen.begin(), chosen.end(), [&](const Cpu& c) { return c.number == cpu.number; }))
          siblings.push_back(cpu);
      std::stable_sort(siblings.begin(), siblings.end(), [&](const Cpu& a, const Cpu& b) {
        return distance(chosen.front(), a) < distance(chosen.front(), b);
      });
      chosen.insert(chosen.end(), siblings.begin(), siblings.end());
      break;
    }
    case Place::same_cpu:
      chosen = {cpus.front()};
      break;
    case Place::smt:
      chosen = largest_group(cpus, [](const Cpu& cpu) { return cpu.core; });
      if (chosen.size() < 2) refusal = "no two of the allowed CPUs are siblings of one core";
      break;
    case Place::same_l3:
      chosen = largest_group(by_core(cpus), [](const Cpu& cpu) { return cpu.l3; });
      if (chosen.size() < 2) refusal = "no two of the allowed cores share a third-level cache";
      break;
    case Place::far: {
      for (const Cpu& cpu : by_core(cpus))
        if (std::none_of(chosen.begin(), chosen.end(), [&](const Cpu& c) { return c.l3 == cpu.l3; }))
          chosen.push_back(cpu);
      std::stable_sort(chosen.begin() + 1, chosen.end(), [&](const Cpu& a, const Cpu& b) {
        return distance(chosen.front(), a) > distance(chosen.front(), b);
      });
      if (chosen.size() < 2) refusal = "all allowed CPUs share one third-level cache";
      break;
    }
    case Place::unpinned:
      return {{}, static_cast<int>(std::min(most, cpus.size())), ""};
  }
  if (wanted != Place::automatic && wanted != Place::same_cpu && refusal.empty()) {
    const std::string text(name(wanted));
    if (procs < 2)
      refusal = "one process has no neighbour to be placed by";
    else if (static_cast<std::size_t>(procs) > chosen.size())
      refusal = std::to_string(procs) + " processes, but " + std::to_string(chosen.size()) +
                " CPUs that are " + text;
    else if (static_cast<std::size_t>(procs) > most)
      refusal = "the control group allows the time of " + std::to_string(most) + " CPUs";
  }
  if (!refusal.empty()) return {{}, 1, refusal};
  if (chosen.size() > most) chosen.resize(most);
  return {numbers(chosen), static_cast<int>(chosen.size()), ""};
}

}  // namespace shmoo::machine
