// How a failed system call is told: std::system_error whose text is a verb and an object ("open /dev/shm/x:
// No such ...").
#pragma once
#include <cerrno>
#include <string>
#include <system_error>

namespace shmoo::posix {

/// Throws std::system_error for `code` (an errno value) with the text "<what>: <meaning>".
[[noreturn]] inline void fail(const std::string& what, int code = errno) {
  throw std::system_error(code, std::generic_category(), what);
}

/// Hands a system call's result through; throws with `what` when it is negative (errno is set).
template <class Result>
Result check(Result result, const char* what) {
  if (result < 0) fail(what);
  return result;
}

/// Repeats a call that a signal handler interrupted; every blocking call here wants this, since deadlines are
/// absolute.
template <class Call>
auto retry(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace shmoo::posix
