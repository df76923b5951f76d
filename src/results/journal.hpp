// A run's journal: one JSON object per line, appended at once, so that a run that is killed loses one cell
// and not the night, and another can go on with it.
//
// One process at a time: who has a journal keeps everybody else out, until it closes it or ends.
#pragma once
#include <filesystem>
#include <stdexcept>
#include <vector>

#include "posix/fd.hpp"
#include "results/document.hpp"

namespace shmoo::results {

/// A journal cannot be had: somebody else writes to it, or it is damaged. The text names the file.
class JournalRefused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Journal {
 public:
  /// Starts an empty journal at `path`, over whatever was there. Throws JournalRefused while another process
  /// writes there; errors: std::system_error.
  explicit Journal(std::filesystem::path path);
  /// Takes up the journal at `path`: what is appended follows its last whole line; half a line behind that
  /// goes. Throws JournalRefused; errors: std::system_error (there is none).
  static Journal take_up(const std::filesystem::path& path);
  /// What was there when it was taken up.
  const std::vector<Json>& entries() const { return entries_; }
  /// Appends a line; it is with the kernel when the call returns, so only a crash of the machine can lose it.
  void append(const Json& entry);
  /// Removes the file: its content has become a results file.
  void remove();

  /// The entries of a journal; a last line that was cut short is left out. None when there is no such file.
  static std::vector<Json> read(const std::filesystem::path& path);
  /// Moves the journal at `path` away to `to`, over whatever was there. Throws like take_up().
  static void move(const std::filesystem::path& path, const std::filesystem::path& to);

 private:
  Journal(std::filesystem::path path, bool make);

  std::filesystem::path path_;
  posix::Fd fd_;
  std::vector<Json> entries_;
};

}  // namespace shmoo::results
