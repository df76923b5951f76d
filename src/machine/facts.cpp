#include "machine/facts.hpp"

#include <hwloc.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <memory>
#include <set>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#include "machine/files.hpp"
#include "posix/affinity.hpp"
#include "posix/system.hpp"

namespace shmoo::machine {
namespace {

std::optional<std::string> cpu_model(const Files& files) {
  constexpr std::string_view cpuinfo = "/proc/cpuinfo";
  for (const std::string_view key : {"model name", "Model", "cpu"})  // x86; Arm boards; POWER
    if (auto model = files.field(cpuinfo, key)) return model;
  const auto implementer = files.field(cpuinfo, "CPU implementer");
  const auto part = files.field(cpuinfo, "CPU part");
  if (implementer && part) return "CPU implementer " + *implementer + " part " + *part;
  return std::nullopt;
}

Json governor(const Files& files) {
  std::set<std::string> seen;
  for (const std::string& policy : files.names("/sys/devices/system/cpu/cpufreq"))
    if (auto name = files.text("/sys/devices/system/cpu/cpufreq/" + policy + "/scaling_governor"))
      seen.insert(*name);
  if (seen.empty()) return nullptr;
  return seen.size() == 1 ? *seen.begin() : "mixed";
}

Json turbo(const Files& files) {
  if (const auto off = files.number("/sys/devices/system/cpu/intel_pstate/no_turbo")) return *off == 0;
  if (const auto on = files.number("/sys/devices/system/cpu/cpufreq/boost")) return *on != 0;
  return nullptr;
}

Json smt(const Files& files) {
  if (const auto active = files.number("/sys/devices/system/cpu/smt/active")) return *active != 0;
  return nullptr;
}

Json mitigations(const Files& files) {
  Json all = Json::object();
  constexpr std::string_view folder = "/sys/devices/system/cpu/vulnerabilities";
  for (const std::string& name : files.names(folder))
    if (auto state = files.text(std::string(folder) + '/' + name)) all[name] = *state;
  return all.empty() ? Json() : all;
}

Json hypervisor(const Files& files) {
  if (auto type = files.text("/sys/hypervisor/type")) return *type;
  if (const auto flags = files.field("/proc/cpuinfo", "flags")) {
    const auto all = words(*flags);
    if (std::find(all.begin(), all.end(), "hypervisor") != all.end()) return "unknown";
    return "none";
  }
  return nullptr;
}

// Which hypervisor, by its signature: an instruction, so it works where no file tells.
std::optional<std::string> hypervisor_signature() {
#if defined(__x86_64__) || defined(__i386__)
  std::array<unsigned, 4> r{};
  if (__get_cpuid(1, &r[0], &r[1], &r[2], &r[3]) == 0) return std::nullopt;
  if ((r[2] >> 31U) == 0) return "none";
  __cpuid(0x40000000, r[0], r[1], r[2], r[3]);
  std::string signature;
  for (const unsigned word : {r[1], r[2], r[3]})
    for (unsigned shift = 0; shift < 32; shift += 8)
      if (const char letter = static_cast<char>(word >> shift);
          std::isprint(static_cast<unsigned char>(letter)))
        signature += letter;
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> known{
      {{"KVMKVMKVM", "kvm"},
       {"Microsoft Hv", "hyper-v"},
       {"VMwareVMware", "vmware"},
       {"XenVMMXenVMM", "xen"},
       {"VBoxVBoxVBox", "virtualbox"},
       {"TCGTCGTCGTCG", "qemu"},
       {" prl hyperv", "parallels"},
       {"bhyve bhyve", "bhyve"}}};
  for (const auto& [mark, name] : known)
    if (signature.starts_with(mark)) return std::string(name);
  return signature.empty() ? "unknown" : signature;
#else
  return std::nullopt;
#endif
}

// The least limit that `read` finds from a process's control group up to the root of the hierarchy: each
// level binds.
template <class Read>
std::optional<double> least(const std::string& mount, std::string group, Read read) {
  std::optional<double> bound;
  for (;;) {
    const auto here = read(mount + group);
    if (here && (!bound || *here < *bound)) bound = here;
    if (group.empty() || group == "/") return bound;
    group.erase(group.rfind('/'));
  }
}

struct Hierarchy {
  bool unified = false;  ///< version 2
  std::vector<std::string> mounts;
  std::string group;
};

// Where a controller's files stand: version 1 has a hierarchy per controller, version 2 one for all.
std::vector<Hierarchy> hierarchies(const Files& files, std::string_view controller) {
  std::vector<Hierarchy> found;
  std::string lines = files.text("/proc/self/cgroup").value_or("");
  for (std::size_t from = 0; from < lines.size();) {
    const auto end = std::min(lines.find('\n', from), lines.size());
    const std::string line = lines.substr(from, end - from);
    from = end + 1;
    const auto first = line.find(':');
    const auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string names = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (!group.starts_with('/')) continue;
    if (names.empty())
      found.push_back({true, {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}, group});
    else if ((',' + names + ',').find(',' + std::string(controller) + ',') != std::string::npos)
      found.push_back(
          {false, {"/sys/fs/cgroup/" + std::string(controller), "/sys/fs/cgroup/" + names}, group});
  }
  // Without /proc: a container shows its own group at the mount point.
  if (found.empty()) found.push_back({true, {"/sys/fs/cgroup"}, ""});
  return found;
}

template <class Unified, class Old>
std::optional<double> cgroup_limit(const Files& files, std::string_view controller, Unified unified,
                                   Old old) {
  std::optional<double> bound;
  for (const Hierarchy& at : hierarchies(files, controller))
    for (const std::string& mount : at.mounts) {
      const auto here = at.unified ? least(mount, at.group, unified) : least(mount, at.group, old);
      if (here && (!bound || *here < *bound)) bound = here;
    }
  return bound;
}

Json cgroup(const Files& files) {
  const auto plain = [&](const char* file) {
    return [&files, file](const std::string& folder) -> std::optional<double> {
      const auto value = files.number(folder + '/' + file);  // "max" is no number: no limit
      // Version 1 says "none" as a number near the end of the range.
      if (!value || *value < 0 || *value >= (std::int64_t{1} << 62)) return std::nullopt;
      return static_cast<double>(*value);
    };
  };
  const auto cpus = cgroup_limit(
      files, "cpu",
      [&](const std::string& folder) -> std::optional<double> {
        const auto parts = words(files.text(folder + "/cpu.max").value_or(""));
        if (parts.size() != 2) return std::nullopt;
        const auto quota = to_number(parts[0]);
        const auto period = to_number(parts[1]);
        if (!quota || !period || *period <= 0) return std::nullopt;
        return static_cast<double>(*quota) / static_cast<double>(*period);
      },
      [&](const std::string& folder) -> std::optional<double> {
        const auto quota = files.number(folder + "/cpu.cfs_quota_us");
        const auto period = files.number(folder + "/cpu.cfs_period_us");
        if (!quota || *quota <= 0 || !period || *period <= 0) return std::nullopt;
        return static_cast<double>(*quota) / static_cast<double>(*period);
      });
  const auto whole = [](const std::optional<double>& value) {
    return value ? Json(static_cast<std::int64_t>(*value)) : Json();
  };
  return {{"cpus", or_null(cpus)},
          {"memory_bytes",
           whole(cgroup_limit(files, "memory", plain("memory.max"), plain("memory.limit_in_bytes")))},
          {"processes", whole(cgroup_limit(files, "pids", plain("pids.max"), plain("pids.max")))}};
}

Json isolated(const Files& files) {
  if (!files.exists("/sys/devices/system/cpu/isolated")) return nullptr;
  return cpu_list(files.text("/sys/devices/system/cpu/isolated").value_or(""));
}

Json cpu_ticks(const Files& files) {
  const auto line = files.field("/proc/stat", "cpu");
  if (!line) return nullptr;
  const auto fields = words(*line);
  if (fields.size() < 8) return nullptr;
  std::int64_t total = 0;
  for (std::size_t at = 0; at < 8; ++at)
    total += to_number(fields[at]).value_or(0);  // guest time is in user time already
  return {{"total", total}, {"steal", to_number(fields[7]).value_or(0)}};
}

Json load(const Files& files) {
  const auto parts = words(files.text("/proc/loadavg").value_or(""));
  if (parts.empty()) return nullptr;
  char* end = nullptr;
  const double value = std::strtod(parts[0].c_str(), &end);
  return end == parts[0].c_str() ? Json() : Json(value);
}

Json on_battery(const Files& files) {
  Json answer;
  for (const std::string& supply : files.names("/sys/class/power_supply")) {
    const std::string folder = "/sys/class/power_supply/" + supply;
    if (files.text(folder + "/type") != "Mains") continue;
    const bool off = files.number(folder + "/online") == 0;
    answer = answer.is_null() ? off : (answer.get<bool>() && off);
  }
  return answer;
}

Json difference(const std::optional<std::int64_t>& all, const std::optional<std::int64_t>& left) {
  return all && left ? Json(*all - *left) : Json();
}

int count_of(hwloc_topology_t machine, hwloc_obj_type_t type) {
  return std::max(0, hwloc_get_nbobjs_by_type(machine, type));
}

}  // namespace

Json file_facts(const std::filesystem::path& root) {
  const Files files(root);
  const auto number = [&](const char* path) { return or_null(files.number(path)); };
  const auto choice = [&](const char* path) { return or_null(files.choice(path)); };
  Json identity{
      {"cpu_model", or_null(cpu_model(files))},
      {"architecture", nullptr},
      {"packages", nullptr},
      {"numa_nodes", nullptr},
      {"cores", nullptr},
      {"pus", nullptr},
      {"threads_per_core", nullptr},
      {"caches", nullptr},
      {"smt", smt(files)},
      {"allowed_cpus", nullptr},
      {"isolated_cpus", isolated(files)},
      {"governor", governor(files)},
      {"turbo", turbo(files)},
      {"idle_driver", or_null(files.text("/sys/devices/system/cpu/cpuidle/current_driver"))},
      {"idle_governor", or_null(files.text("/sys/devices/system/cpu/cpuidle/current_governor"))},
      {"halt_poll_ns",
       {{"guest", number("/sys/module/haltpoll/parameters/guest_halt_poll_ns")},
        {"host", number("/sys/module/kvm/parameters/halt_poll_ns")}}},
      {"kernel", or_null(files.text("/proc/sys/kernel/osrelease"))},
      {"mitigations", mitigations(files)},
      {"clocksource",
       or_null(files.text("/sys/devices/system/clocksource/clocksource0/current_clocksource"))},
      {"clocksources",
       words(files.text("/sys/devices/system/clocksource/clocksource0/available_clocksource").value_or(""))},
      {"thp", choice("/sys/kernel/mm/transparent_hugepage/enabled")},
      {"shmem_thp", choice("/sys/kernel/mm/transparent_hugepage/shmem_enabled")},
      {"aslr", number("/proc/sys/kernel/randomize_va_space")},
      {"numa_balancing", number("/proc/sys/kernel/numa_balancing")},
      {"hypervisor", hypervisor(files)},
      {"cgroup", cgroup(files)},
      {"pidfd", nullptr},
      {"memory_bytes", or_null(files.bytes("/proc/meminfo", "MemTotal"))},
      {"swap_bytes", or_null(files.bytes("/proc/meminfo", "SwapTotal"))},
      {"dev_shm_bytes", nullptr},
      {"mqueue",
       {{"queues", number("/proc/sys/fs/mqueue/queues_max")},
        {"messages", number("/proc/sys/fs/mqueue/msg_max")},
        {"message_bytes", number("/proc/sys/fs/mqueue/msgsize_max")}}},
      {"pipe",
       {{"max_bytes", number("/proc/sys/fs/pipe-max-size")},
        {"user_pages_soft", number("/proc/sys/fs/pipe-user-pages-soft")}}},
      {"limits",
       {{"processes", nullptr},
        {"open_files", nullptr},
        {"message_queue_bytes", nullptr},
        {"locked_bytes", nullptr},
        {"address_space_bytes", nullptr}}},
  };
  if (identity["clocksources"].empty()) identity["clocksources"] = nullptr;
  Json state{
      {"load_1m", load(files)},
      {"cpu_ticks", cpu_ticks(files)},
      {"memory_available_bytes", or_null(files.bytes("/proc/meminfo", "MemAvailable"))},
      {"swap_used_bytes",
       difference(files.bytes("/proc/meminfo", "SwapTotal"), files.bytes("/proc/meminfo", "SwapFree"))},
      {"dev_shm_free_bytes", nullptr},
      {"dev_shm_writable", nullptr},
      {"on_battery", on_battery(files)},
  };
  return {{"identity", std::move(identity)}, {"state", std::move(state)}};
}

Json topology(const std::string& synthetic) {
  // On odd machines hwloc explains itself over many lines of stderr; what it could not tell is null here
  // anyway.
  ::setenv("HWLOC_HIDE_ERRORS", "2", 0);
  Json found{{"packages", nullptr}, {"numa_nodes", nullptr}, {"cores", nullptr},
             {"pus", nullptr},      {"caches", nullptr},     {"threads_per_core", nullptr}};
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) < 0) return found;
  const std::unique_ptr<hwloc_topology, decltype(&hwloc_topology_destroy)> machine(raw,
                                                                                   hwloc_topology_destroy);
  // The machine as it is, not the part that this process may use: that is allowed_cpus.
  hwloc_topology_set_flags(raw, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
  if (!synthetic.empty() && hwloc_topology_set_synthetic(raw, synthetic.c_str()) < 0) return found;
  if (hwloc_topology_load(raw) < 0) return found;
  const auto count = [&](hwloc_obj_type_t type) {
    const int objects = count_of(raw, type);
    return objects > 0 ? Json(objects) : Json();
  };
  found["packages"] = count(HWLOC_OBJ_PACKAGE);
  found["numa_nodes"] = count(HWLOC_OBJ_NUMANODE);
  found["cores"] = count(HWLOC_OBJ_CORE);
  found["pus"] = count(HWLOC_OBJ_PU);
  const int cores = count_of(raw, HWLOC_OBJ_CORE);
  if (cores > 0) found["threads_per_core"] = std::max(1, count_of(raw, HWLOC_OBJ_PU) / cores);
  Json caches = Json::array();
  for (const hwloc_obj_type_t type :
       {HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L2CACHE, HWLOC_OBJ_L3CACHE, HWLOC_OBJ_L4CACHE}) {
    const int objects = count_of(raw, type);
    if (objects == 0) continue;
    const hwloc_obj_t first = hwloc_get_obj_by_type(raw, type, 0);
    caches.push_back({{"level", first->attr->cache.depth},
                      {"kind", first->attr->cache.type == HWLOC_OBJ_CACHE_DATA ? "data" : "unified"},
                      {"bytes", first->attr->cache.size},
                      {"line_bytes", first->attr->cache.linesize},
                      {"count", objects},
                      {"pus", first->cpuset ? hwloc_bitmap_weight(first->cpuset) : 0}});
  }
  if (!caches.empty()) found["caches"] = std::move(caches);
  return found;
}

Json facts() {
  Json all = file_facts("/");
  Json& identity = all["identity"];
  Json& state = all["state"];
  identity.update(topology());
  const posix::KernelName kernel = posix::kernel_name();
  identity["kernel"] = kernel.release;
  identity["architecture"] = kernel.architecture;
  identity["pidfd"] = posix::has_pidfd();
  identity["allowed_cpus"] = posix::allowed_cpus();
  if (const auto signature = hypervisor_signature();
      signature && (identity["hypervisor"].is_null() || identity["hypervisor"] == "unknown"))
    identity["hypervisor"] = *signature;
  if (const auto space = posix::mounted_space("/dev/shm")) {
    identity["dev_shm_bytes"] = space->bytes;
    state["dev_shm_free_bytes"] = space->free;
  }
  state["dev_shm_writable"] = posix::writable("/dev/shm");
  const posix::Limits limits = posix::limits();
  identity["limits"] = {{"processes", or_null(limits.processes)},
                        {"open_files", or_null(limits.open_files)},
                        {"message_queue_bytes", or_null(limits.message_queue_bytes)},
                        {"locked_bytes", or_null(limits.locked_bytes)},
                        {"address_space_bytes", or_null(limits.address_space_bytes)}};
  return all;
}

std::string summary(const Json& identity) {
  std::string text =
      identity["cpu_model"].is_string() ? identity["cpu_model"].get<std::string>() : "unknown CPU";
  const auto counted = [&](const char* key, const char* one, const char* many) {
    if (!identity[key].is_number()) return;
    const int count = identity[key];
    text += ", " + std::to_string(count) + ' ' + (count == 1 ? one : many);
  };
  counted("packages", "package", "packages");
  counted("cores", "core", "cores");
  counted("pus", "CPU", "CPUs");
  if (identity["hypervisor"].is_string() && identity["hypervisor"] != "none")
    text += identity["hypervisor"] == "unknown" ? ", virtual machine"
                                                : ", " + identity["hypervisor"].get<std::string>() + " guest";
  if (identity["kernel"].is_string()) text += ", Linux " + identity["kernel"].get<std::string>();
  return text;
}

std::string label(const Json& identity) {
  std::string text = identity["cpu_model"].is_string() ? identity["cpu_model"].get<std::string>() : "cpu";
  // What vendors put around the name: "(R)", "Processor", the clock after "@".
  text.erase(std::min(text.find('@'), text.size()));
  for (const std::string_view noise : {"(R)", "(TM)", "(tm)", " CPU", " Processor", " processor"})
    for (auto at = text.find(noise); at != std::string::npos; at = text.find(noise))
      text.erase(at, noise.size());
  if (identity["pus"].is_number()) text += ' ' + std::to_string(identity["pus"].get<int>()) + "cpu";
  if (identity["hypervisor"].is_string() && identity["hypervisor"] != "none")
    text += ' ' + identity["hypervisor"].get<std::string>();
  std::string name;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (std::isalnum(byte))
      name += static_cast<char>(std::tolower(byte));
    else if (!name.empty() && name.back() != '-')
      name += '-';
  }
  while (name.ends_with('-')) name.pop_back();
  return name;
}

}  // namespace shmoo::machine
