// A folder for sockets and the like that only this user can enter: shmoo.<pid>.<random>, mode 0700, in the
// first of runtime_folders() that takes it.
//
// The maker removes it by its destructor; another process that shares the work may do so by remove(), when
// the maker was killed. If both are killed at once it stays until remove_leftovers() finds its maker dead.
#pragma once
#include <sys/types.h>

#include <cstddef>
#include <string>

namespace shmoo::posix {

class PrivateFolder {
 public:
  /// Makes one in which a name of `name_bytes` is short enough for a Unix socket.
  /// Errors: std::system_error with what the last place tried said.
  explicit PrivateFolder(std::size_t name_bytes);
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;
  /// Removes it in the process that made it; in a child, nothing.
  ~PrivateFolder();

  const std::string& path() const { return path_; }
  /// Removes the folder and what is in it, in whichever process; once is enough, more does no harm.
  void remove() noexcept;

 private:
  std::string path_;
  pid_t maker_;
};

}  // namespace shmoo::posix
