#include "posix/thread_id.hpp"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace shmoo::posix::detail {

constinit thread_local std::uint32_t remembered_thread_id = 0;

namespace {
[[maybe_unused]] const int registered = ::pthread_atfork(nullptr, nullptr, [] { remembered_thread_id = 0; });
}  // namespace

std::uint32_t ask_thread_id() {
  return remembered_thread_id = static_cast<std::uint32_t>(::syscall(SYS_gettid));
}

}  // namespace shmoo::posix::detail
