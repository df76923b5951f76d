#include "sync/claim_board.hpp"

#include <pthread.h>

namespace shmoo::sync::detail {

constinit thread_local std::array<OwnRecord, kRememberedBoards> own_records{};

namespace {
// The child's only thread is another one than the thread it is a copy of.
[[maybe_unused]] const int registered = ::pthread_atfork(nullptr, nullptr, [] { own_records = {}; });
}  // namespace

std::uint64_t next_board_number() {
  // A child goes on counting from what its parent had, so no process knows two boards of one number.
  static std::atomic<std::uint64_t> count{0};
  return ++count;
}

}  // namespace shmoo::sync::detail
