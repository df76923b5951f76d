#include "posix/liveness.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "posix/error.hpp"
#include "posix/fd.hpp"
#include "posix/thread_id.hpp"

namespace shmoo::posix {
namespace {

constexpr int kIdBits = 30;
constexpr Mark kIdMask = (Mark{1} << kIdBits) - 1;

/// What /proc says of a thread.
struct Stat {
  char state = '\0';          // '\0' = /proc says nothing
  std::uint64_t started = 0;  // clock ticks since boot
};

Stat read_stat(std::uint32_t id) {
  const std::string path = "/proc/" + std::to_string(id) + "/stat";
  const Fd file(retry([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
  if (!file) return {};
  char text[1024];
  const auto length = retry([&] { return ::read(file.get(), text, sizeof text - 1); });
  if (length <= 0) return {};
  text[length] = '\0';
  // The name stands in parentheses and may hold anything, so the fields are counted from the last one:
  // field 3 is the state, field 22 the start.
  const char* at = std::strrchr(text, ')');
  if (!at || at[1] == '\0') return {};
  at += 2;
  Stat stat{*at, 0};
  for (int field = 3; field < 22; ++field) {
    at = std::strchr(at, ' ');
    if (!at) return {};
    ++at;
  }
  stat.started = std::strtoull(at, nullptr, 10);
  return stat;
}

}  // namespace

Mark own_mark() {
  const std::uint32_t id = thread_id();
  return read_stat(id).started << kIdBits | id;
}

bool has_died(Mark mark) {
  const auto id = static_cast<std::uint32_t>(mark & kIdMask);
  if (::syscall(SYS_tkill, id, 0) < 0 && errno == ESRCH) return true;
  const Stat stat = read_stat(id);
  if (stat.state == '\0') return false;
  if (stat.state == 'Z' || stat.state == 'X') return true;
  return mark != id && mark != (stat.started << kIdBits | id);
}

}  // namespace shmoo::posix
