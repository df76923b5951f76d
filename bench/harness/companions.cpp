#include "harness/companions.hpp"

#include <algorithm>

#include "posix/affinity.hpp"
#include "sync/patience.hpp"

namespace shmoo::bench {

Companions::Companions(const std::vector<int>& cpus) {
  loops_.reserve(cpus.size());
  for (const int cpu : cpus) {
    posix::Child::Options options;
    options.group = loops_.empty() ? 0 : loops_.front().pid();
    options.name = "shmoo-awake";
    loops_.emplace_back(
        [cpu] {
          posix::become_idle_class();
          posix::pin_to(cpu);
          // With pauses: a sibling thread of the core keeps most of it.
          for (;;) sync::relax();
        },
        options);
  }
}

std::vector<pid_t> Companions::pids() const {
  std::vector<pid_t> all;
  for (const posix::Child& loop : loops_) all.push_back(loop.pid());
  return all;
}

}  // namespace shmoo::bench
