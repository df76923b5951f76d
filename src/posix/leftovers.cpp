#include "posix/leftovers.hpp"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <system_error>

namespace shmoo::posix {
namespace {

constexpr std::string_view kPrefix = "shmoo.";

std::optional<pid_t> owner_of(std::string_view name) {
  if (!name.starts_with(kPrefix)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (error != std::errc() || pid <= 0 || end == name.data() + name.size() || *end != '.')
    return std::nullopt;
  return pid;
}

bool dead(pid_t pid) {
  return ::kill(pid, 0) < 0 && errno == ESRCH;
}

}  // namespace

std::string unique_name() {
  static std::atomic<unsigned> count{0};
  return std::string(kPrefix) + std::to_string(::getpid()) + '.' + std::to_string(count++);
}

std::vector<std::filesystem::path> runtime_folders() {
  std::vector<std::filesystem::path> folders;
  std::error_code ignored;
  for (const char* variable : {"XDG_RUNTIME_DIR", "TMPDIR"})
    if (const char* value = std::getenv(variable); value && std::filesystem::is_directory(value, ignored))
      folders.emplace_back(value);
  folders.emplace_back("/tmp");
  return folders;
}

std::vector<std::filesystem::path> remove_leftovers() {
  std::vector<std::filesystem::path> folders = runtime_folders();
  folders.insert(folders.end(), {"/dev/shm", "/dev/mqueue"});
  std::vector<std::filesystem::path> removed;
  std::error_code error;
  for (const auto& folder : folders)
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
      const auto pid = owner_of(entry->path().filename().native());
      if (!pid || !dead(*pid)) continue;
      // Another user's are not ours to remove, and the call says so by failing.
      std::error_code refused;
      if (std::filesystem::remove_all(entry->path(), refused) > 0 && !refused)
        removed.push_back(entry->path());
    }
  return removed;
}

}  // namespace shmoo::posix
