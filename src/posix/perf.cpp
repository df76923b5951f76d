#include "posix/perf.hpp"

#include <dirent.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <memory>

namespace shmoo::posix {
namespace {

constexpr std::array<PerfEvent, 3> kHardware{{{PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
                                              {PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS},
                                              {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES}}};

Fd open_event(const PerfEvent& event, pid_t thread, bool kernel) {
  perf_event_attr wanted{};
  wanted.size = sizeof wanted;
  wanted.type = event.type;
  wanted.config = event.config;
  wanted.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
  wanted.disabled = 1;
  wanted.inherit = 1;
  wanted.exclude_kernel = kernel ? 0 : 1;
  wanted.exclude_hv = 1;
  return Fd(static_cast<int>(::syscall(SYS_perf_event_open, &wanted, thread, -1, -1, PERF_FLAG_FD_CLOEXEC)));
}

// With the kernel's part where that is permitted.
Fd open_event(const PerfEvent& event, pid_t thread) {
  Fd fd = open_event(event, thread, true);
  return fd || (errno != EACCES && errno != EPERM) ? std::move(fd) : open_event(event, thread, false);
}

std::vector<pid_t> threads_of(pid_t pid) {
  if (pid == 0) return {0};
  std::vector<pid_t> threads;
  const std::string folder = "/proc/" + std::to_string(pid) + "/task";
  const std::unique_ptr<DIR, int (*)(DIR*)> all(::opendir(folder.c_str()), ::closedir);
  while (const dirent* entry = all ? ::readdir(all.get()) : nullptr)
    if (const int thread = std::atoi(entry->d_name); thread > 0) threads.push_back(thread);
  return threads;
}

std::string refusal_text(int code) {
  if (code == EACCES || code == EPERM) {
    std::ifstream file("/proc/sys/kernel/perf_event_paranoid");
    std::string level;
    return file >> level ? "not permitted (kernel.perf_event_paranoid is " + level + ")" : "not permitted";
  }
  if (code == ENOSYS) return "the kernel was built without them, or the container forbids the call";
  return "this machine shows none (virtual machines often do not)";
}

PerfSupport probe() {
  PerfSupport support;
  int code = 0;
  for (const PerfEvent& event : kHardware)
    for (const bool kernel : {true, false}) {
      if (open_event(event, 0, kernel)) {
        support.available = true;
        support.kernel |= kernel;
        break;
      }
      // What the settings forbid is worth more than that another event is not there at all.
      if (code != EACCES && code != EPERM) code = errno;
    }
  if (support.available) return support;
  support.permitted = code != EACCES && code != EPERM;
  support.reason = refusal_text(code);
  return support;
}

std::optional<double> sum(const std::optional<double>& a, const std::optional<double>& b) {
  return a && b ? std::optional(*a + *b) : std::nullopt;
}

}  // namespace

PerfCounts PerfCounts::operator+(const PerfCounts& o) const {
  return {sum(cycles, o.cycles), sum(instructions, o.instructions), sum(cache_misses, o.cache_misses)};
}

const PerfSupport& perf_support() {
  static const PerfSupport support = probe();
  return support;
}

PerfCounters::PerfCounters(std::span<const PerfEvent> events, pid_t pid) : events_(events.size()) {
  for (const pid_t thread : threads_of(pid))
    for (const PerfEvent& event : events) fds_.push_back(open_event(event, thread));
}

PerfCounters PerfCounters::hardware(pid_t pid) {
  return perf_support().available ? PerfCounters(kHardware, pid) : PerfCounters();
}

void PerfCounters::start() {
  for (const Fd& fd : fds_)
    if (fd) ::ioctl(fd.get(), PERF_EVENT_IOC_ENABLE, 0);
}

void PerfCounters::stop() {
  for (const Fd& fd : fds_)
    if (fd) ::ioctl(fd.get(), PERF_EVENT_IOC_DISABLE, 0);
}

std::vector<std::optional<double>> PerfCounters::read() const {
  std::vector<std::optional<double>> counts(events_, fds_.empty() ? std::nullopt : std::optional(0.0));
  for (std::size_t at = 0; at < fds_.size(); ++at) {
    struct {
      std::uint64_t count, enabled_ns, running_ns;
    } seen{};
    std::optional<double>& count = counts[at % events_];
    if (!fds_[at] || ::read(fds_[at].get(), &seen, sizeof seen) != sizeof seen) {
      count.reset();
    } else if (seen.running_ns > 0) {
      count = sum(count, static_cast<double>(seen.count) * static_cast<double>(seen.enabled_ns) /
                             static_cast<double>(seen.running_ns));
    } else if (seen.enabled_ns > 0) {
      count.reset();  // it wanted a counter and never had one
    }
  }
  return counts;
}

PerfCounts PerfCounters::counts() const {
  if (events_ != kHardware.size()) return {};
  const auto all = read();
  return {all[0], all[1], all[2]};
}

}  // namespace shmoo::posix
