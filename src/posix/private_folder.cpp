#include "posix/private_folder.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>

#include "posix/error.hpp"
#include "posix/leftovers.hpp"
#include "posix/socket.hpp"

namespace shmoo::posix {

PrivateFolder::PrivateFolder(std::size_t name_bytes) : maker_(::getpid()) {
  for (const auto& place : runtime_folders()) {
    path_ = (place / ("shmoo." + std::to_string(maker_) + ".XXXXXX")).native();
    if (!fits_unix_socket(path_ + '/' + std::string(name_bytes, 'x')))
      errno = ENAMETOOLONG;
    else if (::mkdtemp(path_.data()))
      return;
  }
  fail("make a private folder " + path_);
}

PrivateFolder::~PrivateFolder() {
  if (maker_ == ::getpid()) remove();
}

void PrivateFolder::remove() noexcept {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace shmoo::posix
