// Writing a file so that a reader sees the old content or the new, never a part, whatever happens in between.
#pragma once
#include <filesystem>
#include <string_view>

namespace shmoo::posix {

/// Writes to a temporary file beside `path`, fsyncs, renames over it. On failure (std::system_error: no such
/// folder, not allowed, disk full) the old file is untouched and no temporary file is left.
void write_atomically(const std::filesystem::path& path, std::string_view content);

/// Throws std::system_error unless a file can be made at `path`: asked before a long run, not after it.
void check_writable(const std::filesystem::path& path);

}  // namespace shmoo::posix
