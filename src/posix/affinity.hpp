// Which CPUs this process may use, and pinning to one of them.
#pragma once
#include <vector>

namespace shmoo::posix {

/// CPU numbers in the affinity mask of this process, ascending; never empty.
std::vector<int> allowed_cpus();

/// Binds this thread to one CPU. Errors: std::system_error (the CPU is offline or not allowed).
void pin_to(int cpu);

}  // namespace shmoo::posix
