// Real processes for tests: forked, bounded by one generous deadline, never left behind.
#pragma once
#include <gtest/gtest.h>
#include <sys/types.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "posix/child.hpp"
#include "posix/mapping.hpp"
#include "posix/rest.hpp"

namespace shmoo::test {

/// When a test gives up on something that should long have happened.
inline posix::Deadline patience() {
  return posix::Deadline::in(std::chrono::seconds(100));
}

/// Whether this is a build with ThreadSanitizer, which reports wrong unlocks that a test makes on purpose and
/// makes many instructions of one.
#ifdef __SANITIZE_THREAD__
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif

/// Throws when `holds` is false: in a child that makes exit code 1, which the parent's join_all() reports.
inline void require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

/// Waits until `ready()`, giving up the CPU in between. Throws at the deadline.
template <class Ready>
void wait_until(Ready ready, const char* what) {
  for (const auto deadline = patience(); !ready();) {
    if (deadline.passed()) throw std::runtime_error(std::string("waited in vain: ") + what);
    posix::yield();
  }
}

/// Waits until process `pid` sleeps (in its main thread).
inline void await_sleep(pid_t pid) {
  const auto sleeps = [&] {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    std::getline(file, text);
    const auto name_end = text.rfind(')');
    return name_end != std::string::npos && name_end + 2 < text.size() && text[name_end + 2] == 'S';
  };
  wait_until(sleeps, "a process does not go to sleep");
}

/// Runs `body(i)` in `count` processes at the same time and waits for all; a failure of any is a failure of
/// the test.
inline void run_processes(int count, const std::function<void(int)>& body) {
  std::vector<posix::Child> children;
  for (int i = 0; i < count; ++i) children.emplace_back([&body, i] { body(i); });
  const auto deadline = patience();
  for (auto& child : children) {
    ASSERT_TRUE(child.join(deadline)) << "a process hangs";
    EXPECT_TRUE(child.ending().good()) << child.ending().text();
  }
}

/// Runs `body` in one process and waits for it.
inline void run_process(const std::function<void()>& body) {
  run_processes(1, [&body](int) { body(); });
}

/// A flag that processes raise and wait for.
class Flag {
 public:
  void raise() { state_->store(true); }
  bool raised() const { return state_->load(); }
  void await(const char* what) const {
    wait_until([this] { return raised(); }, what);
  }

 private:
  posix::Shared<std::atomic<bool>> state_{0, false};
};

}  // namespace shmoo::test
