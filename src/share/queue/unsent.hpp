// How many items each process has put that are not on their way yet: for a queue that buffers in the putter.
//
// Lives in shared memory. Each process has one record, found with join(); any process may ask for all. A
// record tells what is certainly in its process's buffer from what is just being written, so that the places
// of a dead process's items can be given back. Records of the dead go to newcomers.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include "posix/liveness.hpp"

namespace shmoo::queue {

class Unsent {
 public:
  static constexpr std::size_t kProcesses = 512;

  class Record {
   public:
    /// Before the item's place is taken, so that nobody sees the queue closed and nothing coming.
    void add() { counts_.fetch_add(kOne, std::memory_order_acq_rel); }
    /// The item did not come, or was thrown away.
    void drop(std::uint32_t items) { counts_.fetch_sub(items * kOne, std::memory_order_acq_rel); }
    /// The writing of so many begins ...
    void begin(std::uint32_t items) { counts_.fetch_sub(items * kOne - items, std::memory_order_acq_rel); }
    /// ... and ends.
    void sent(std::uint32_t items) { counts_.fetch_sub(items, std::memory_order_acq_rel); }

   private:
    friend class Unsent;
    static constexpr std::uint64_t kOne = std::uint64_t{1} << 32;
    std::atomic<posix::Mark> owner_{0};
    std::atomic<std::uint64_t> counts_{0};  // buffered << 32 | being written
  };

  /// A record for this process, for as long as the calling thread lives. Errors: std::runtime_error.
  Record& join() {
    const posix::Mark me = posix::own_mark();
    for (Record& record : records_) {
      posix::Mark owner = 0;
      if (record.owner_.compare_exchange_strong(owner, me, std::memory_order_acq_rel)) return record;
    }
    for (Record& record : records_) {
      posix::Mark owner = record.owner_.load(std::memory_order_acquire);
      // What a dead one had buffered must have been given back before.
      if (posix::has_died(owner) && record.counts_.load(std::memory_order_acquire) == 0 &&
          record.owner_.compare_exchange_strong(owner, me, std::memory_order_acq_rel))
        return record;
    }
    throw std::runtime_error("queue: more than " + std::to_string(kProcesses) + " processes put");
  }
  static void part(Record& record) { record.owner_.store(0, std::memory_order_release); }

  /// Whether a living process has items on their way. Makes system calls.
  bool any_alive() const {
    for (const Record& record : records_)
      if (record.counts_.load(std::memory_order_acquire) != 0 &&
          !posix::has_died(record.owner_.load(std::memory_order_acquire)))
        return true;
    return false;
  }

  /// Forgets what dead processes had buffered. @return how many items will never come.
  std::size_t forget_dead() {
    std::size_t items = 0;
    for (Record& record : records_) {
      if (record.counts_.load(std::memory_order_acquire) == 0 ||
          !posix::has_died(record.owner_.load(std::memory_order_acquire)))
        continue;
      // What it was writing when it died may have arrived: those places stay taken.
      items += record.counts_.exchange(0, std::memory_order_acq_rel) / Record::kOne;
    }
    return items;
  }

 private:
  std::array<Record, kProcesses> records_{};
};

}  // namespace shmoo::queue
