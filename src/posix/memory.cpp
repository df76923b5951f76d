#include "posix/memory.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

namespace shmoo::posix {
namespace {

constexpr std::uint64_t kUnknown = std::numeric_limits<std::uint64_t>::max();

/// The number in a cgroup's file; "max" and no such file are unknown.
std::uint64_t number_in(const std::string& path) {
  std::uint64_t number = kUnknown;
  std::ifstream file(path);
  return file >> number ? number : kUnknown;
}

/// The number behind `key` in a file of "key number" lines.
std::uint64_t number_of(const std::string& wanted, const std::string& path) {
  std::ifstream file(path);
  std::string key;
  std::string rest;
  std::uint64_t number;
  while (file >> key) {
    if (key == wanted && file >> number) return number;
    std::getline(file, rest);
  }
  return kUnknown;
}

std::uint64_t machine() {
  const std::uint64_t kib = number_of("MemAvailable:", "/proc/meminfo");
  return kib == kUnknown ? kUnknown : kib * 1024;
}

/// What the limits of this process's cgroup and of those above it leave (cgroup v2).
std::uint64_t cgroup() {
  std::ifstream file("/proc/self/cgroup");
  std::string line;
  std::uint64_t least = kUnknown;
  while (std::getline(file, line)) {
    if (!line.starts_with("0::")) continue;
    for (std::string path = line.substr(3);; path.erase(path.rfind('/'))) {
      const std::string folder = "/sys/fs/cgroup" + path + '/';
      const std::uint64_t limit = number_in(folder + "memory.max");
      std::uint64_t used = number_in(folder + "memory.current");
      if (limit != kUnknown && used != kUnknown) {
        // File pages that nobody used lately are given up before anything else suffers.
        const std::uint64_t cache = number_of("inactive_file", folder + "memory.stat");
        if (cache != kUnknown) used -= std::min(used, cache);
        least = std::min(least, limit > used ? limit - used : 0);
      }
      if (path.find('/') == std::string::npos) break;
    }
  }
  return least;
}

}  // namespace

std::uint64_t available_memory() {
  return std::min(machine(), cgroup());
}

std::uint64_t resident_memory(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  if (!(file >> total >> resident)) return 0;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

OwnMemory own_memory() {
  const auto info = ::mallinfo2();
  return {resident_memory(::getpid()), info.uordblks + info.hblkhd};
}

void give_back_memory() {
  ::malloc_trim(0);
}

}  // namespace shmoo::posix
