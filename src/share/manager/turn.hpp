// One call at a time in an object, without a loop ever having to wait for another loop's call: who finds the
// object busy may leave word and is called when it is free.
//
// Any thread of one process. Whoever uses a Turn keeps its object alive until unlock() has returned.
#pragma once
#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

namespace shmoo::manager {

class Turn {
 public:
  /// With these three a Turn is what std::unique_lock takes; not recursive.
  void lock();
  bool try_lock();
  void unlock() {
    if (state_.exchange(kFree, std::memory_order_release) == kWanted) pass_on();
  }
  /// For when try_lock() has failed: takes the turn after all, or has `later` called by whoever leaves it:
  /// once, on that thread, when the turn is free again, though another may have taken it meanwhile. Errors:
  /// std::bad_alloc.
  /// @return whether it was taken.
  bool lock_or(std::function<void()> later);

 private:
  enum State : int { kFree, kHeld, kWanted };
  void pass_on();

  std::atomic<int> state_ = kFree;
  std::mutex mutex_;  // of what follows
  std::vector<std::function<void()>> later_;
};

}  // namespace shmoo::manager
