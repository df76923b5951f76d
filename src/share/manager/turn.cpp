#include "share/manager/turn.hpp"

#include <utility>

#include "sync/patience.hpp"

namespace shmoo::manager {
namespace {

// Most calls take less than a microsecond: so long it is cheaper to look again than to leave word.
constexpr int kLooks = 40;

}  // namespace

bool Turn::try_lock() {
  for (int left = kLooks;; --left) {
    int seen = kFree;
    if (state_.compare_exchange_strong(seen, kHeld, std::memory_order_acquire, std::memory_order_relaxed))
      return true;
    if (left == 0) return false;
    sync::relax();
  }
}

void Turn::lock() {
  if (try_lock()) return;
  while (state_.exchange(kWanted, std::memory_order_acquire) != kFree)
    state_.wait(kWanted, std::memory_order_relaxed);
}

bool Turn::lock_or(std::function<void()> later) {
  const std::scoped_lock guard(mutex_);
  later_.push_back(std::move(later));
  // Whoever leaves from now on sees that it is wanted, and finds the word that was left.
  if (state_.exchange(kWanted, std::memory_order_acquire) != kFree) return false;
  later_.pop_back();
  return true;
}

void Turn::pass_on() {
  state_.notify_all();
  std::vector<std::function<void()>> all;
  {
    const std::scoped_lock guard(mutex_);
    all.swap(later_);
  }
  for (const auto& one : all) one();
}

}  // namespace shmoo::manager
