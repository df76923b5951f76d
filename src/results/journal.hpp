// A run's journal: one JSON value per line, appended at once, so that a run that is killed loses one cell and
// not the night.
#pragma once
#include <filesystem>
#include <vector>

#include "posix/fd.hpp"
#include "results/document.hpp"

namespace shmoo::results {

class Journal {
 public:
  /// Starts a new, empty journal at `path`. Errors: std::system_error.
  explicit Journal(std::filesystem::path path);
  /// Appends a line; it is with the kernel when the call returns, so only a crash of the machine can lose it.
  void append(const Json& entry);
  /// Removes the file: its content has become a results file.
  void remove();

  /// The entries of a journal; a last line that was cut short is left out.
  static std::vector<Json> read(const std::filesystem::path& path);

 private:
  std::filesystem::path path_;
  posix::Fd fd_;
};

}  // namespace shmoo::results
