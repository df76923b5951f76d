// What the system calls tell about the machine and this process's limits, for facts that no file holds (or no
// file that is mounted: a bare chroot has neither /proc nor /sys).
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace shmoo::posix {

struct KernelName {
  std::string release;       ///< "6.1.0-35-amd64"
  std::string architecture;  ///< "x86_64"
};
/// Errors: none that Linux knows.
KernelName kernel_name();

struct Limits {
  // Each is the soft limit; nothing = unlimited.
  std::optional<std::uint64_t> processes;            ///< of this user
  std::optional<std::uint64_t> open_files;           ///< of one process
  std::optional<std::uint64_t> message_queue_bytes;  ///< in POSIX queues of this user, bytes
  std::optional<std::uint64_t> locked_bytes;         ///< that one process may lock in memory, bytes
  std::optional<std::uint64_t> address_space_bytes;  ///< of one process, bytes
};
/// Errors: std::system_error.
Limits limits();

struct Space {
  std::uint64_t bytes = 0;  ///< size of the file system, bytes
  std::uint64_t free = 0;   ///< what an unprivileged process may still take, bytes
};
/// The file system that `folder` is the mount point of; nothing when the folder is missing or only a folder
/// of another one.
std::optional<Space> mounted_space(const std::filesystem::path& folder);

/// Whether this process may create files in `folder`.
bool writable(const std::filesystem::path& folder);

/// Enters the kernel and comes back: the least that any system call costs.
void cheapest_call();

/// Whether this process gets pidfds (Linux 5.3; a container may forbid them): no team is watched without
/// them.
bool has_pidfd();

}  // namespace shmoo::posix
