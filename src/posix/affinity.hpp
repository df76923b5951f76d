// Which CPUs this process may use, pinning to one of them, and running only when it is free.
#pragma once
#include <vector>

namespace shmoo::posix {

/// CPU numbers in the affinity mask of this process, ascending; never empty.
std::vector<int> allowed_cpus();

/// Binds this thread to one CPU. Errors: std::system_error (the CPU is offline or not allowed).
void pin_to(int cpu);

/// From now on this thread runs only when nobody else wants its CPU (SCHED_IDLE; needs no privilege, and
/// there is no way back without one). Errors: std::system_error.
void become_idle_class();

}  // namespace shmoo::posix
