// Gives memory that the server has freed back to the system: malloc keeps what lies between blocks that are
// still in use.
//
// Any thread may use it; the system is asked at most once a second, whoever comes.
#pragma once
#include <atomic>
#include <cstdint>

#include "posix/clock.hpp"
#include "share/manager/protocol.hpp"

namespace shmoo::manager {

class Tidy {
 public:
  /// When it is time to look(), should memory have been freed: CLOCK_MONOTONIC, ns.
  std::int64_t due_ns() const { return due_ns_.load(std::memory_order_relaxed); }
  /// Gives back what is worth it. @return false when it is not due yet.
  bool look();

  /// Whether a call may have freed more than a few bytes.
  static bool may_free(std::uint8_t method);

 private:
  std::atomic<std::int64_t> due_ns_ = 0;
};

}  // namespace shmoo::manager
