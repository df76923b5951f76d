#include "posix/system.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "posix/error.hpp"
#include "posix/fd.hpp"

namespace shmoo::posix {
namespace {

std::optional<std::uint64_t> soft_limit(int resource) {
  rlimit limit{};
  check(::getrlimit(static_cast<__rlimit_resource>(resource), &limit), "read a resource limit");
  if (limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  return limit.rlim_cur;
}

}  // namespace

KernelName kernel_name() {
  utsname name{};
  check(::uname(&name), "read the kernel's name");
  return {name.release, name.machine};
}

Limits limits() {
  return {.processes = soft_limit(RLIMIT_NPROC),
          .open_files = soft_limit(RLIMIT_NOFILE),
          .message_queue_bytes = soft_limit(RLIMIT_MSGQUEUE),
          .locked_bytes = soft_limit(RLIMIT_MEMLOCK),
          .address_space_bytes = soft_limit(RLIMIT_AS)};
}

std::optional<Space> mounted_space(const std::filesystem::path& folder) {
  struct stat own {};
  struct stat above {};
  if (::stat(folder.c_str(), &own) < 0 || ::stat((folder / "..").c_str(), &above) < 0) return std::nullopt;
  if (own.st_dev == above.st_dev) return std::nullopt;
  struct statvfs space {};
  if (::statvfs(folder.c_str(), &space) < 0) return std::nullopt;
  return Space{space.f_blocks * space.f_frsize, space.f_bavail * space.f_frsize};
}

bool writable(const std::filesystem::path& folder) {
  return ::access(folder.c_str(), W_OK | X_OK) == 0;
}

void cheapest_call() {
  ::syscall(SYS_getppid);
}

bool has_pidfd() {
  return static_cast<bool>(Fd(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0))));
}

}  // namespace shmoo::posix
