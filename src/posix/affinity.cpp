#include "posix/affinity.hpp"

#include <sched.h>

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

void pin_to(int cpu) {
  const Set set(cpu + 1);
  CPU_SET_S(cpu, set.bytes, set.mask);
  check(::sched_setaffinity(0, set.bytes, set.mask), "pin to a CPU");
}

void become_idle_class() {
  const sched_param none{};
  check(::sched_setscheduler(0, SCHED_IDLE, &none), "become a process of the idle class");
}

}  // namespace shmoo::posix
