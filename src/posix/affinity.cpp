#include "posix/affinity.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "posix/error.hpp"

namespace shmoo::posix {
namespace {
/// A CPU set of any size, for machines with more CPUs than cpu_set_t can name.
struct Set {
  explicit Set(int cpus) : count(cpus), bytes(CPU_ALLOC_SIZE(cpus)), mask(CPU_ALLOC(cpus)) {
    CPU_ZERO_S(bytes, mask);
  }
  Set(const Set&) = delete;
  Set& operator=(const Set&) = delete;
  ~Set() { CPU_FREE(mask); }
  int count;
  std::size_t bytes;
  cpu_set_t* mask;
};

/// @return what sched_setaffinity(2) returns, errno set.
int stay_on(const std::vector<int>& cpus, pid_t pid = 0) {
  const Set set(*std::max_element(cpus.begin(), cpus.end()) + 1);
  for (const int cpu : cpus) CPU_SET_S(static_cast<std::size_t>(cpu), set.bytes, set.mask);
  return ::sched_setaffinity(pid, set.bytes, set.mask);
}

}  // namespace

std::vector<int> allowed_cpus() {
  for (int count = 1024;; count *= 2) {
    const Set set(count);
    if (::sched_getaffinity(0, set.bytes, set.mask) < 0) {
      if (errno == EINVAL && count < (1 << 20)) continue;
      fail("read the CPU affinity");
    }
    std::vector<int> cpus;
    for (int cpu = 0; cpu < count; ++cpu)
      if (CPU_ISSET_S(cpu, set.bytes, set.mask)) cpus.push_back(cpu);
    return cpus;
  }
}

int online_cpus() {
  return std::max(1, static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN)));
}

void pin_to(int cpu) {
  check(stay_on({cpu}), "pin to a CPU");
}

void confine(pid_t pid, const std::vector<int>& cpus) {
  check(stay_on(cpus, pid), "bind a process to some CPUs");
}

int current_cpu() {
  return check(::sched_getcpu(), "ask for the current CPU");
}

Confined::Confined(const std::vector<int>& cpus) {
  if (cpus.empty()) return;
  before_ = allowed_cpus();
  check(stay_on(cpus), "stay on some CPUs");
}

Confined::~Confined() {
  if (!before_.empty()) static_cast<void>(stay_on(before_));
}

void become_idle_class() {
  const sched_param none{};
  check(::sched_setscheduler(0, SCHED_IDLE, &none), "become a process of the idle class");
}

}  // namespace shmoo::posix
