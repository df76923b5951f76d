// A file that only grows, line by line.
#pragma once
#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "posix/error.hpp"
#include "posix/fd.hpp"

namespace shmoo::posix {

/// Makes an empty file at `path`, over whatever was there.
inline Fd create_append_only(const std::filesystem::path& path) {
  Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666));
  if (!fd) fail("create " + path.string());
  return fd;
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
