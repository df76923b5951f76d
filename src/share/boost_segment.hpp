// A Boost managed_shared_memory for one family of processes: the parent makes it before it forks, children
// inherit the mapping.
//
// Who may call what: the maker constructs and destroys; every process of the family allocates and constructs
// inside through memory(), which Boost synchronises by a lock of its own: a process killed while it allocates
// leaves that lock taken. Lifetime: the name is removed before the constructor returns, so the memory is gone
// with its last process, however that ends. Death of a peer: nothing happens to the memory itself.
#pragma once
#include <boost/interprocess/managed_shared_memory.hpp>
#include <cstddef>
#include <optional>
#include <string>

#include "posix/mapping.hpp"

namespace shmoo {

class BoostSegment {
 public:
  using Memory = boost::interprocess::managed_shared_memory;

  /// A segment of `bytes`, Boost's own bookkeeping included: see bytes_for(). All of it is reserved here,
  /// since ftruncate(2), as Boost uses it, promises memory that /dev/shm may not have, and the first write
  /// would end in SIGBUS. Errors: std::system_error (ENOSPC: /dev/shm is too small or full; EMFILE, EACCES
  /// ...).
  explicit BoostSegment(std::size_t bytes);
  BoostSegment(const BoostSegment&) = delete;
  BoostSegment& operator=(const BoostSegment&) = delete;

  Memory& memory() { return *memory_; }
  const Memory& memory() const { return *memory_; }

  /// The size of a segment that has room for `payload` bytes in `objects` allocations.
  static constexpr std::size_t bytes_for(std::size_t payload, std::size_t objects = 4) {
    return payload + objects * kPerObject + kBookkeeping;
  }
  /// Why a segment of `bytes` cannot be made here and now, in one line; "" = it can.
  static std::string refusal(std::size_t bytes);

 private:
  static constexpr std::size_t kBookkeeping = 4096;  // the segment's header and index
  static constexpr std::size_t kPerObject = 128;     // a block's header, rounding, and a name
  std::optional<Memory> memory_;
  std::optional<posix::PrefaultRange> prefault_;  // destroyed before what it lists
};

}  // namespace shmoo
