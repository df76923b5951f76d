// Which CPUs this process may use, pinning to one of them, and running only when it is free.
#pragma once
#include <sys/types.h>

#include <vector>

namespace shmoo::posix {

/// CPU numbers in the affinity mask of this process, ascending; never empty.
std::vector<int> allowed_cpus();

/// How many CPUs the machine has online, whether or not this process may use them; at least 1.
int online_cpus();

/// Binds this thread to one CPU. Errors: std::system_error (the CPU is offline or not allowed).
void pin_to(int cpu);

/// Binds another process (its first thread) to these CPUs. Errors: std::system_error (it is gone, or not
/// ours; none of them is online and allowed).
void confine(pid_t pid, const std::vector<int>& cpus);

/// The CPU that this thread runs on; a moment later it may be another, unless it is pinned.
int current_cpu();

/// While it lives this thread, and every process that it forks, runs on these CPUs alone; with none of them,
/// wherever it could before. What was forked stays there. Errors: std::system_error (none of them is online
/// and allowed).
class Confined {
 public:
  explicit Confined(const std::vector<int>& cpus);
  Confined(const Confined&) = delete;
  Confined& operator=(const Confined&) = delete;
  ~Confined();

 private:
  std::vector<int> before_;  // empty = nothing was changed
};

/// From now on this thread runs only when nobody else wants its CPU (SCHED_IDLE; needs no privilege, and
/// there is no way back without one). Errors: std::system_error.
void become_idle_class();

}  // namespace shmoo::posix
