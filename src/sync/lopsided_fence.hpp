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
  LopsidedFence() : LopsidedFence(true) {}
  /// Where not all sides can join: each makes its own, `lean` only when all of them said so.
  explicit LopsidedFence(bool lean) : lean_(lean && posix::join_global_barrier()) {}
  /// Whether the cost really lies on one side.
  bool lean() const { return lean_; }

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
