#include "harness/memory_need.hpp"

#include "posix/memory.hpp"

namespace shmoo::bench {
namespace {

std::string mebibytes(std::uint64_t bytes) {
  return std::to_string(bytes >> 20) + " MiB";
}

}  // namespace

std::string memory_refusal(std::uint64_t bytes) {
  // Not worth a look: where even this is missing, nothing here would run.
  constexpr std::uint64_t kSmall = std::uint64_t{32} << 20;
  if (bytes <= kSmall) return "";
  const std::uint64_t free = posix::available_memory();
  if (bytes <= free / 4 * 3) return "";
  return "needs " + mebibytes(bytes) + " of memory, " + mebibytes(free) + " are free";
}

}  // namespace shmoo::bench
