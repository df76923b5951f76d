#include "posix/presence.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "posix/error.hpp"
#include "posix/fd.hpp"

namespace shmoo::posix {

std::optional<Presence> own_presence() {
  // Three numbers: ns on a CPU, ns ready but without one, turns. The first is as old as the last tick, so it
  // only tells whether anything is counted at all.
  const Fd file(retry([] { return ::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC); }));
  if (!file) return std::nullopt;
  char text[80];
  const auto length = retry([&] { return ::read(file.get(), text, sizeof text - 1); });
  if (length <= 0) return std::nullopt;
  text[length] = '\0';
  char* at = text;
  const bool counted = std::strtoll(at, &at, 10) > 0;
  Presence presence;
  presence.delay_ns = std::strtoll(at, &at, 10);
  const bool ran = std::strtoll(at, &at, 10) > 0;
  if (!counted || !ran) return std::nullopt;
  timespec used;
  check(::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used), "read a thread's CPU time");
  presence.cpu_ns = used.tv_sec * 1'000'000'000LL + used.tv_nsec;
  rusage usage;
  check(::getrusage(RUSAGE_THREAD, &usage), "read a thread's usage");
  presence.sleeps = usage.ru_nvcsw;
  return presence;
}

std::int64_t present_ns(const Presence& before, const Presence& after, std::int64_t wall_ns) {
  const std::int64_t on_cpu = std::min(wall_ns, after.cpu_ns - before.cpu_ns);
  const std::int64_t not_kept_off = wall_ns - (after.delay_ns - before.delay_ns);
  const std::int64_t present = after.sleeps > before.sleeps ? std::max(on_cpu, not_kept_off) : on_cpu;
  return std::max<std::int64_t>(1, present);
}

}  // namespace shmoo::posix
