#include "posix/random.hpp"

#include <sys/random.h>

#include "posix/error.hpp"

namespace shmoo::posix {

void fill_with_random(void* data, std::size_t bytes) {
  for (auto* at = static_cast<char*>(data); bytes > 0;) {
    const ssize_t got = check(retry([&] { return ::getrandom(at, bytes, 0); }), "get random bytes");
    at += got;
    bytes -= static_cast<std::size_t>(got);
  }
}

}  // namespace shmoo::posix
