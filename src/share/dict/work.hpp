// Work that is done elsewhere: what a process tells another one to do with the dict, and what comes back.
//
// For a mechanism whose calls must be made from another language: a pipe to it would cost more than the call,
// so the whole loop runs there and is timed there. It draws keys, writes and checks values as the workload's
// header says; bench/peers holds the other side.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "posix/usage.hpp"

namespace shmoo::dict {

struct Work {
  std::string_view workload;  ///< "get", "set" ...: of those that the mechanism knows
  int member = 0;
  int procs = 1;
  std::uint64_t bytes = 0;  ///< of a value
  std::uint64_t keys = 0;
  std::uint64_t batch = 0;   ///< keys of an update
  std::uint64_t depth = 0;   ///< dicts on the way to the one that is read
  std::uint64_t proven = 0;  ///< operations that are each read back, before the others
  std::uint64_t count = 0;   ///< all operations
};

struct Done {
  std::string wrong;    ///< a value or key that is not as it must be, in one line; "" = all were right
  std::int64_t ns = 0;  ///< of the operations that were not proven one by one
  posix::Usage usage;   ///< of the process that did the work, during those
  std::vector<std::uint64_t> last;  ///< the number of this member's last write to each key, 0 = never
};

}  // namespace shmoo::dict
