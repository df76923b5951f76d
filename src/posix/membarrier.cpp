#include "posix/membarrier.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

#include "posix/error.hpp"

namespace shmoo::posix {

bool join_global_barrier() {
  static const bool joined = ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0) == 0 &&
                             ::syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0) == 0;
  return joined;
}

void global_barrier() {
  check(::syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0),
        "order the memory of all processes");
}

// Not inline: TSan, which does not know fences, says so once and not at each use.
void full_fence() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

}  // namespace shmoo::posix
