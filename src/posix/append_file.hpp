// A file that only grows, line by line, and that one process at a time writes to.
#pragma once
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "posix/error.hpp"
#include "posix/fd.hpp"

namespace shmoo::posix {

/// Opens the file at `path` for appending and takes it for ourselves until the descriptor is closed, by us or
/// by our end, whatever that is. `make`: makes it when there is none. @return an empty Fd when another
/// process has it. Errors: std::system_error.
inline Fd open_append_only(const std::filesystem::path& path, bool make) {
  Fd fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | (make ? O_CREAT : 0), 0666));
  if (!fd) fail((make ? "create " : "open ") + path.string());
  // A file system that knows no locks (ENOLCK, EINVAL ...) gives the file all the same: it guards against a
  // slip of the user's, and nothing hangs on it.
  if (retry([&] { return ::flock(fd.get(), LOCK_EX | LOCK_NB); }) < 0 && errno == EWOULDBLOCK) return Fd();
  return fd;
}

/// Cuts the file off after its first `bytes` bytes; what is appended follows there. Errors:
/// std::system_error.
inline void cut(const Fd& fd, std::uint64_t bytes) {
  check(retry([&] { return ::ftruncate(fd.get(), static_cast<off_t>(bytes)); }), "cut off a file");
}

/// Appends all of `text`. Errors: std::system_error (disk full).
inline void append(const Fd& fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written =
        check(retry([&] { return ::write(fd.get(), text.data(), text.size()); }), "append");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace shmoo::posix
