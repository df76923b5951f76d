// Company for a team's CPUs: busy loops that run only when nobody else wants the CPU, so that it never halts.
//
// Waking a halted CPU costs far more than what is measured (and under a hypervisor varies by the factor
// five); with a SCHED_IDLE loop on each CPU of the team a blocking hand-over cost 37 us where it was 70 to
// 400, with a third of the scatter. The loops take no time from the team: whoever wakes takes the CPU from
// them at once; and they are processes of their own, so they never show in a price. They end with their
// owner, and with the process that made them, whatever kills it.
#pragma once
#include <vector>

#include "posix/child.hpp"

namespace shmoo::bench {

class Companions {
 public:
  Companions() = default;
  /// One on each of these CPUs; they are known to run when the first member of a team does.
  explicit Companions(const std::vector<int>& cpus);

  std::vector<pid_t> pids() const;

 private:
  std::vector<posix::Child> loops_;
};

}  // namespace shmoo::bench
