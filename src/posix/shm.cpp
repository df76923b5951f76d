#include "posix/shm.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "posix/error.hpp"

namespace shmoo::posix {

std::uint64_t shm_free_bytes() {
  struct statvfs room {};
  if (::statvfs("/dev/shm", &room) != 0) return 0;
  return static_cast<std::uint64_t>(room.f_bavail) * room.f_frsize;
}

Fd adopt_shm(const std::string& name) {
  Fd file(::shm_open(('/' + name).c_str(), O_RDWR | O_CLOEXEC, 0));
  const int code = errno;
  ::shm_unlink(('/' + name).c_str());
  if (!file) fail("open shared memory " + name, code);
  return file;
}

void reserve(const Fd& file, std::uint64_t bytes) {
  // Returns its error instead of setting errno.
  int code;
  do {
    code = ::posix_fallocate(file.get(), 0, static_cast<off_t>(bytes));
  } while (code == EINTR);
  if (code != 0) fail("reserve " + std::to_string(bytes) + " bytes in /dev/shm", code);
}

}  // namespace shmoo::posix
