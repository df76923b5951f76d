#include "machine/findings.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <optional>

namespace shmoo::machine {
namespace {

constexpr std::int64_t kMiB = std::int64_t{1} << 20;

// Facts by path, with null for whatever is not there: an object read from a file may be older than this
// program.
class Facts {
 public:
  explicit Facts(const Json& all) : all_(all) {}
  std::optional<double> number(const char* path) const {
    const Json* value = find(path);
    return value && value->is_number() ? std::optional(value->get<double>()) : std::nullopt;
  }
  std::optional<std::string> text(const char* path) const {
    const Json* value = find(path);
    return value && value->is_string() ? std::optional(value->get<std::string>()) : std::nullopt;
  }
  std::optional<bool> flag(const char* path) const {
    const Json* value = find(path);
    return value && value->is_boolean() ? std::optional(value->get<bool>()) : std::nullopt;
  }
  std::size_t count(const char* path) const {
    const Json* value = find(path);
    return value && value->is_array() ? value->size() : 0;
  }
  bool missing(const char* path) const {
    const Json* value = find(path);
    return !value || value->is_null();
  }

 private:
  const Json* find(const char* path) const {
    const Json::json_pointer pointer(path);
    return all_.contains(pointer) ? &all_.at(pointer) : nullptr;
  }
  const Json& all_;
};

std::string size(double bytes) {
  char text[32];
  if (bytes >= 1024.0 * kMiB)
    std::snprintf(text, sizeof text, "%.1f GiB", bytes / (1024.0 * kMiB));
  else
    std::snprintf(text, sizeof text, "%.0f MiB", bytes / kMiB);
  return text;
}

std::string decimal(double value, const char* format = "%.1f") {
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

// Gathers findings: one call per thing looked at.
class List {
 public:
  void ok(const char* id, std::string what) { all_.push_back({id, Severity::ok, std::move(what), "", ""}); }
  void warn(const char* id, std::string what, std::string means, std::string type) {
    all_.push_back({id, Severity::warning, std::move(what), std::move(means), std::move(type)});
  }
  void unfit(const char* id, std::string what, std::string means, std::string type) {
    all_.push_back({id, Severity::unfit, std::move(what), std::move(means), std::move(type)});
  }
  std::vector<Finding> take() { return std::move(all_); }

 private:
  std::vector<Finding> all_;
};

void look_at_kernel(const Facts& facts, List& list) {
  const std::string kernel = "Linux " + facts.text("/identity/kernel").value_or("of unknown version");
  const auto pidfd = facts.flag("/identity/pidfd");
  if (pidfd == false)
    list.unfit("kernel", kernel + " gives no pidfds", "teams of processes cannot be watched safely",
               "use Linux 5.3 or newer, in a container that allows pidfd_open");
  else if (pidfd)
    list.ok("kernel", kernel);
}

void look_at_cpus(const Facts& facts, List& list) {
  const std::size_t allowed = facts.count("/identity/allowed_cpus");
  if (allowed == 0) return;
  const auto all = facts.number("/identity/pus");
  if (allowed == 1)
    list.warn("cpus", "this process may use one CPU only",
              "processes take turns instead of working side by side: times between processes are those of "
              "the scheduler",
              all && *all > 1 ? "start without taskset, or with: taskset -c 0,1 ./shmoo ..."
                              : "give the machine a second CPU");
  else if (all && static_cast<double>(allowed) < *all)
    list.ok("cpus",
            std::to_string(allowed) + " of " + decimal(*all, "%.0f") + " CPUs allowed by the affinity mask");
  else
    list.ok("cpus", std::to_string(allowed) + " CPUs");
  if (const auto quota = facts.number("/identity/cgroup/cpus")) {
    if (*quota < static_cast<double>(allowed))
      list.warn(
          "cpu_quota",
          "the control group allows CPU time of " + decimal(*quota) + " CPUs, on " + std::to_string(allowed),
          "whoever spins uses it up, and then all processes stand still until the next period",
          "raise the quota of the container (docker: --cpus=" + std::to_string(allowed) + ") or remove it");
    else
      list.ok("cpu_quota", "the CPU quota covers all CPUs");
  }
}

void look_at_speed(const Facts& facts, List& list) {
  if (const auto governor = facts.text("/identity/governor")) {
    if (*governor == "performance")
      list.ok("governor", "CPU frequency governor: performance");
    else
      list.warn("governor", "CPU frequency governor: " + *governor,
                "the clock follows the load, so short cells run slower than long ones",
                "sudo sh -c 'for f in /sys/devices/system/cpu/cpufreq/policy*/scaling_governor; do echo "
                "performance > $f; done'");
  }
  if (const auto turbo = facts.flag("/identity/turbo")) {
    if (!*turbo)
      list.ok("turbo", "turbo is off: a steady clock");
    else
      list.warn("turbo", "turbo is on", "the clock depends on temperature and on how many CPUs are busy",
                "for comparisons: echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo "
                "(or echo 0 into /sys/devices/system/cpu/cpufreq/boost)");
  }
  if (const auto battery = facts.flag("/state/on_battery")) {
    if (*battery)
      list.warn("power", "the machine runs on battery", "the firmware may lower the clock at any time",
                "plug it in");
    else
      list.ok("power", "on mains power");
  }
  if (const auto source = facts.text("/identity/clocksource")) {
    // Those that user space reads without a system call.
    const bool quick = *source == "tsc" || *source == "kvm-clock" ||
                       source->starts_with("hyperv_clocksource") || *source == "arch_sys_counter" ||
                       *source == "timebase" || *source == "riscv_clocksource";
    if (quick)
      list.ok("clocksource", "clocksource: " + *source);
    else
      list.warn(
          "clocksource", "clocksource: " + *source,
          "each reading of the clock is a system call or slower: percentiles of fast operations are too high",
          "echo tsc | sudo tee /sys/devices/system/clocksource/clocksource0/current_clocksource (if the "
          "kernel offers it)");
  }
}

void look_at_host(const Facts& facts, List& list) {
  if (const auto hypervisor = facts.text("/identity/hypervisor")) {
    if (*hypervisor == "none")
      list.ok("hypervisor", "no hypervisor");
    else
      list.warn("hypervisor",
                *hypervisor == "unknown" ? "a virtual machine" : "a virtual machine under " + *hypervisor,
                "the host moves the CPUs between cores and wakes sleeping ones late, unseen from here: "
                "samples come in classes",
                "read medians with their spread; more samples: ./shmoo run --rounds 15");
  }
  const auto steal = facts.number("/state/cpu_ticks/steal");
  const auto total = facts.number("/state/cpu_ticks/total");
  if (steal && total && *total > 0) {
    const double share = 100 * *steal / *total;
    if (share >= 1)
      list.warn("steal", "the host took away " + decimal(share) + " % of the CPU time since boot",
                "samples in which a CPU was gone are far too long",
                "more samples: ./shmoo run --rounds 15; or a machine with CPUs of its own");
    else
      list.ok("steal", "stolen CPU time since boot: " + decimal(share, "%.2f") + " %");
  }
}

void look_at_load(const Facts& facts, List& list) {
  const auto load = facts.number("/state/load_1m");
  if (!load) return;
  const auto cpus = static_cast<double>(std::max<std::size_t>(1, facts.count("/identity/allowed_cpus")));
  if (*load > 0.25 * cpus)
    list.warn("load",
              "load average of the last minute: " + decimal(*load, "%.2f") + " on " + decimal(cpus, "%.0f") +
                  " CPUs",
              "other programs take CPUs away from the processes that are measured",
              "see who it is with: top; and wait until they are done");
  else
    list.ok("load", "load average of the last minute: " + decimal(*load, "%.2f"));
}

void look_at_memory(const Facts& facts, List& list) {
  auto available = facts.number("/state/memory_available_bytes");
  const auto bound = facts.number("/identity/cgroup/memory_bytes");
  const bool bounded = bound && (!available || *bound < *available);
  if (bounded) available = bound;
  if (available) {
    const std::string what =
        size(*available) + (bounded ? " of memory allowed by the control group" : " of memory available");
    // The largest cells of the full profile hold 1 GiB and copy it; the smallest profile needs some tens of
    // MiB.
    if (*available < 128.0 * kMiB)
      list.unfit("memory", what, "even the small cells do not fit",
                 "free memory or raise the limit to 4 GiB");
    else if (*available < 4096.0 * kMiB)
      list.warn(
          "memory", what,
          "the largest cells (fork with 1 GiB resident, arrays of 64 MiB in many processes) may swap or fail",
          "free memory or raise the limit to 4 GiB; or leave them out with --filter");
    else
      list.ok("memory", what);
  }
  if (const auto used = facts.number("/state/swap_used_bytes")) {
    if (*used > 64.0 * kMiB)
      list.warn("swap", size(*used) + " of swap in use",
                "a page that comes back from disk costs milliseconds", "sudo swapoff -a && sudo swapon -a");
    else
      list.ok("swap", "no swap in use");
  }
  if (const auto thp = facts.text("/identity/thp")) {
    if (*thp == "never")
      list.warn("thp", "transparent huge pages: never", "cells that ask for huge pages get 4 KiB pages",
                "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/enabled");
    else
      list.ok("thp", "transparent huge pages: " + *thp);
  }
  if (facts.number("/identity/numa_balancing").value_or(0) > 0 &&
      facts.number("/identity/numa_nodes").value_or(1) > 1)
    list.warn("numa_balancing", "the kernel moves memory between NUMA nodes by itself",
              "pages are unmapped to watch who uses them: extra faults in all cells",
              "echo 0 | sudo tee /proc/sys/kernel/numa_balancing");
}

void look_at_ipc(const Facts& facts, List& list) {
  const auto bytes = facts.number("/identity/dev_shm_bytes");
  const auto free = facts.number("/state/dev_shm_free_bytes");
  if (facts.flag("/state/dev_shm_writable") == false)
    list.warn("dev_shm", "/dev/shm is missing or not writable",
              "mechanisms with named shared memory (Boost's) fail; all others are not concerned",
              "sudo mkdir -p /dev/shm && sudo mount -t tmpfs -o mode=1777 tmpfs /dev/shm");
  else if (bytes && free && *free < 256.0 * kMiB)
    list.warn("dev_shm", "/dev/shm has " + size(*free) + " free of " + size(*bytes),
              "the largest cells of mechanisms with named shared memory (Boost's) fail",
              "sudo mount -o remount,size=1g /dev/shm (docker: --shm-size=1g)");
  else if (bytes && free)
    list.ok("dev_shm", "/dev/shm has " + size(*free) + " free");
  const auto messages = facts.number("/identity/mqueue/messages");
  const auto message = facts.number("/identity/mqueue/message_bytes");
  if (messages && message)
    list.ok("mqueue", "POSIX message queues: " + decimal(*messages, "%.0f") + " messages of " +
                          decimal(*message, "%.0f") + " bytes (/proc/sys/fs/mqueue)");
  auto processes = facts.number("/identity/limits/processes");
  if (const auto group = facts.number("/identity/cgroup/processes");
      group && (!processes || *group < *processes))
    processes = group;
  if (processes && *processes < 256)
    list.warn("processes", "at most " + decimal(*processes, "%.0f") + " processes allowed",
              "cells with many processes fail when others of the same user have used them up",
              "ulimit -u unlimited (docker: --pids-limit=-1)");
}

void look_at_gaps(const Facts& facts, List& list) {
  if (facts.missing("/state/load_1m") && facts.missing("/identity/memory_bytes"))
    list.warn("proc", "/proc is not mounted or hidden",
              "load, memory and limits are unknown, and parts of the suite may fail",
              "sudo mount -t proc proc /proc");
  if (facts.missing("/identity/clocksource") && facts.missing("/identity/thp"))
    list.warn("sys", "/sys is not mounted or hidden",
              "clocksource, huge pages and the frequency governor are unknown",
              "sudo mount -t sysfs sysfs /sys");
}

}  // namespace

std::string_view name(Severity severity) {
  switch (severity) {
    case Severity::ok:
      return "ok";
    case Severity::warning:
      return "warning";
    case Severity::unfit:
      break;
  }
  return "unfit";
}

std::vector<Finding> findings(const Json& all) {
  const Facts facts(all);
  List list;
  look_at_kernel(facts, list);
  look_at_cpus(facts, list);
  look_at_speed(facts, list);
  look_at_host(facts, list);
  look_at_load(facts, list);
  look_at_memory(facts, list);
  look_at_ipc(facts, list);
  look_at_gaps(facts, list);
  return list.take();
}

std::vector<Finding> build_findings() {
  List list;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  list.warn("build", "built with sanitizers", "everything is several times slower",
            "measure with ./shmoo, which builds for release");
#elif !defined(__OPTIMIZE__)
  list.warn("build", "built without optimisation", "the program's own code dominates the fast cells",
            "measure with ./shmoo, which builds for release");
#elif !defined(NDEBUG)
  list.warn("build", "built with assertions", "checks that are no part of a mechanism are timed",
            "measure with ./shmoo, which builds for release");
#else
  list.ok("build", "built for release");
#endif
  return list.take();
}

Severity verdict(const std::vector<Finding>& all) {
  Severity worst = Severity::ok;
  for (const Finding& finding : all) worst = std::max(worst, finding.severity);
  return worst;
}

std::vector<std::string> warnings(const std::vector<Finding>& all) {
  std::vector<std::string> lines;
  for (const Finding& finding : all)
    if (finding.severity != Severity::ok)
      lines.push_back(finding.what + ": " + finding.means + " (" + finding.type + ")");
  return lines;
}

Json to_json(const Finding& finding) {
  return {{"id", finding.id},
          {"severity", name(finding.severity)},
          {"what", finding.what},
          {"means", finding.means},
          {"type", finding.type}};
}

}  // namespace shmoo::machine
