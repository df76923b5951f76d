// Named things that a killed process could not remove: segments in /dev/shm, POSIX message queues, socket
// folders. Their names are shmoo.<pid>.<rest>, so the next run can tell whose they were and whether he is
// dead.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace shmoo::posix {

/// A name that no other living process uses: shmoo.<pid>.<n>.
std::string unique_name();

/// Folders for short-lived files: $XDG_RUNTIME_DIR, $TMPDIR, /tmp, those that exist.
std::vector<std::filesystem::path> runtime_folders();

/// Removes what dead processes left under such names, as far as we may. @return what was removed.
std::vector<std::filesystem::path> remove_leftovers();

}  // namespace shmoo::posix
