// Who is in the middle of which step: one record per thread, so that a step begun by somebody who has died
// can be told from one that is merely slow.
//
// The protocol. A thread writes down the step it is about to claim (`announce`), then claims it with one
// atomic read-modify-write on a shared word, then does the work, then publishes the end. Who waits for that
// end too long asks `is_held()`: false means that whoever claimed it is dead, and that the claim may be taken
// over. This is sound because the announcement comes before the claim, and the record is not overwritten
// before the end is published: look once more for the end after is_held() said false, then act.
//
// Lives in shared memory, followed by its records. A record belongs to one thread of one process; those of
// the dead are given to newcomers when there is no other. Any number of threads may ask at any time.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "posix/liveness.hpp"
#include "posix/mapping.hpp"

namespace shmoo::sync {

namespace detail {
/// Which record of which board this thread has: asked once per operation, so no search. fork() empties it in
/// the child.
struct OwnRecord {
  std::uint64_t board = 0;
  std::atomic<std::uint64_t>* step = nullptr;
};
inline constexpr std::size_t kRememberedBoards = 8;
extern constinit thread_local std::array<OwnRecord, kRememberedBoards> own_records;
/// A number that no other board has which this process can know; consecutive for boards made by one process.
std::uint64_t next_board_number();
}  // namespace detail

class ClaimBoard {
 public:
  /// How many threads can be in the midst of a claim, dead ones that nobody missed yet included.
  static constexpr std::size_t kRecords = 256;

  ClaimBoard() : number_(detail::next_board_number()) {}
  ClaimBoard(const ClaimBoard&) = delete;
  ClaimBoard& operator=(const ClaimBoard&) = delete;

  /// Writes down what this thread claims next; any number but 0, the same for all who compete for one step.
  /// The claim itself must follow with release order. Errors: std::runtime_error when all records belong to
  /// living threads.
  void announce(std::uint64_t step) {
    detail::OwnRecord& own = detail::own_records[number_ % detail::kRememberedBoards];
    if (own.board != number_) [[unlikely]]
      own = {number_, find_record()};
    own.step->store(step, std::memory_order_release);
  }

  /// Whether a living thread has this step written down. Makes a system call for each thread that has.
  bool is_held(std::uint64_t step) const {
    for (const Record& record : records_)
      if (record.step.load(std::memory_order_acquire) == step &&
          !posix::has_died(record.owner.load(std::memory_order_acquire)))
        return true;
    return false;
  }

 private:
  struct alignas(64) Record {
    std::atomic<posix::Mark> owner{0};
    std::atomic<std::uint64_t> step{0};
  };

  std::atomic<std::uint64_t>* find_record() {
    const posix::Mark me = posix::own_mark();
    for (Record& record : records_)
      if (record.owner.load(std::memory_order_relaxed) == me) return &record.step;
    for (const bool dead_too : {false, true})
      for (Record& record : records_) {
        posix::Mark owner = record.owner.load(std::memory_order_acquire);
        if (owner != 0 && !(dead_too && posix::has_died(owner))) continue;
        // What a dead owner wrote down stays until we announce: it is held by nobody or by us, and we let go
        // at the next step.
        if (record.owner.compare_exchange_strong(owner, me, std::memory_order_acq_rel)) return &record.step;
      }
    throw std::runtime_error("more than " + std::to_string(kRecords) +
                             " living threads share one claim board");
  }

  const std::uint64_t number_;
  std::array<Record, kRecords> records_{};
};

}  // namespace shmoo::sync
