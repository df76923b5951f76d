// The fence between "store mine, then look at yours" on both sides of a hand-shake, with the cost on one
// side.
//
// Each side stores, fences, loads; then at least one of them sees the other's store. light() is for the hot
// side: a mere compiler barrier, because heavy(), on the side that is about to sleep or to end, makes every
// process pass a full barrier by membarrier(2). Where the kernel has no such call, which is found out once,
// when the object is made, both are full fences. Lives in shared memory.
#pragma once
#include <atomic>

#include "posix/membarrier.hpp"

namespace shmoo::sync {

class LopsidedFence {
 public:
  LopsidedFence() : lean_(posix::join_global_barrier()) {}

  void light() const {
    if (lean_) [[likely]]
      std::atomic_signal_fence(std::memory_order_seq_cst);
    else
      posix::full_fence();
  }
  void heavy() const {
    if (lean_)
      posix::global_barrier();
    else
      posix::full_fence();
  }

 private:
  const bool lean_;
};

}  // namespace shmoo::sync
