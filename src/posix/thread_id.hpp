// Which thread of which process is this, without a system call: the kernel's thread id, remembered per
// thread.
#pragma once
#include <cstdint>

namespace shmoo::posix {

namespace detail {
/// 0 = not asked yet. fork() sets it back in the child, whose only thread has another id than the thread it
/// is a copy of.
extern constinit thread_local std::uint32_t remembered_thread_id;
std::uint32_t ask_thread_id();
}  // namespace detail

/// The id of the calling thread: never 0, below 2^30, unique among the threads that live on this machine.
inline std::uint32_t thread_id() {
  const std::uint32_t id = detail::remembered_thread_id;
  return id != 0 ? id : detail::ask_thread_id();
}

}  // namespace shmoo::posix
