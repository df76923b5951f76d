#include "share/manager/tidy.hpp"

#include "posix/memory.hpp"

namespace shmoo::manager {
namespace {

constexpr posix::Nanoseconds kPause = std::chrono::seconds(1);
// Giving back costs milliseconds, and more when the memory is wanted again.
constexpr std::uint64_t kWorth = 16 << 20;  // bytes

}  // namespace

bool Tidy::look() {
  const std::int64_t now = posix::monotonic_ns();
  std::int64_t due = due_ns();
  if (now < due) return false;
  // Who loses comes too late: somebody else looks.
  if (!due_ns_.compare_exchange_strong(due, now + kPause.count(), std::memory_order_relaxed)) return false;
  const posix::OwnMemory memory = posix::own_memory();
  if (memory.resident > memory.used + kWorth && memory.resident - memory.used > memory.resident / 4)
    posix::give_back_memory();
  return true;
}

bool Tidy::may_free(std::uint8_t method) {
  switch (static_cast<Method>(method)) {
    case Method::delitem:
    case Method::get:  // out of a queue
    case Method::pop:
    case Method::clear:
    case Method::setslice:
    case Method::delslice:
    case Method::remove:
      return true;
    default:
      return false;
  }
}

}  // namespace shmoo::manager
