#include "posix/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

#include "posix/error.hpp"
#include "posix/fd.hpp"

namespace shmoo::posix {
namespace {

/// A file beside `path` that is removed again unless it is renamed.
class Temporary {
 public:
  explicit Temporary(const std::filesystem::path& path) : name_(path.string() + ".XXXXXX") {
    fd_ = Fd(::mkostemp(name_.data(), O_CLOEXEC));
    if (!fd_) fail("write " + path.string());
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }
  int fd() const { return fd_.get(); }
  void rename_to(const std::filesystem::path& path) {
    if (::rename(name_.c_str(), path.c_str()) < 0) fail("rename to " + path.string());
    name_.clear();
  }

 private:
  std::string name_;
  Fd fd_;
};

mode_t default_mode() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

}  // namespace

void write_atomically(const std::filesystem::path& path, std::string_view content) {
  Temporary file(path);
  while (!content.empty()) {
    const ssize_t written = retry([&] { return ::write(file.fd(), content.data(), content.size()); });
    if (written < 0) fail("write " + path.string());
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  // mkostemp made it private; a results file is as open as any other of the user's files.
  if (::fchmod(file.fd(), default_mode()) < 0 || ::fsync(file.fd()) < 0) fail("write " + path.string());
  file.rename_to(path);
}

void check_writable(const std::filesystem::path& path) {
  struct stat info;
  if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) fail("write " + path.string(), EISDIR);
  const Temporary file(path);
}

}  // namespace shmoo::posix
