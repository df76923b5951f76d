#include "posix/fork_generation.hpp"

#include <pthread.h>

namespace shmoo::posix {
namespace {
std::uint64_t generation = 0;
[[maybe_unused]] const int registered = ::pthread_atfork(nullptr, nullptr, [] { ++generation; });
}  // namespace

std::uint64_t fork_generation() {
  return generation;
}

}  // namespace shmoo::posix
