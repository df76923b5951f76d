// What the tests of the rings share: items that prove themselves, processes in a known state, copies that
// stop halfway.
#pragma once
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "posix/child.hpp"
#include "posix/rest.hpp"
#include "share/queue/locked_ring.hpp"
#include "share/queue/mpmc_ring.hpp"
#include "share/queue/spsc_ring.hpp"
#include "support/processes.hpp"
#include "sync/patience.hpp"

namespace shmoo::queue::test {

using Bytes = std::vector<std::byte>;

/// When to give up. TSan does not know pthread_mutex_clocklock, so under it CTest's own limit has to do.
inline Deadline soon() {
  return shmoo::test::patience();
}

/// An item of `bytes` bytes in which each byte depends on `number` and its place.
inline Bytes item(std::uint64_t number, std::size_t bytes) {
  Bytes made(bytes);
  for (std::size_t at = 0; at < bytes; ++at)
    made[at] = static_cast<std::byte>((number * 0x9e3779b97f4a7c15 + at * 131) >> 24);
  return made;
}

inline void demand(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error(what);
}

template <class Q>
void must_put(Q& queue, const Bytes& bytes) {
  demand(queue.put(bytes, soon()) == Put::ok, "a put did not succeed");
}

template <class Q>
Bytes must_get(Q& queue, std::size_t max_bytes) {
  Bytes buffer(max_bytes);
  const Got got = queue.get(buffer, soon());
  demand(got.status == Got::ok, "a get did not succeed");
  buffer.resize(got.bytes);
  return buffer;
}

/// Sets this process's patience for a scope; children forked in it inherit the setting.
class WithPatience {
 public:
  explicit WithPatience(std::uint32_t spins) : before_(sync::patience()) { sync::patience().spins = spins; }
  ~WithPatience() { sync::patience() = before_; }

 private:
  sync::Patience before_;
};

/// Waits until the process is in `state`: 'S' asleep, 'T' stopped.
inline void await_state(pid_t pid, char state) {
  for (const Deadline deadline = soon(); !deadline.passed(); posix::yield()) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::size_t name_end = text.rfind(')');
    if (name_end != std::string::npos && name_end + 2 < text.size() && text[name_end + 2] == state) return;
  }
  FAIL() << "process " << pid << " did not come to state " << state;
}

inline void expect_good_end(posix::Child& child) {
  ASSERT_TRUE(child.join(soon()));
  EXPECT_EQ(child.ending().text(), "exited with 0");
}

/// Memory whose second half cannot be touched: a copy that reaches it stops there.
class HalfReachable {
 public:
  /// `protection` of the second half: PROT_NONE stops reading, PROT_READ stops writing.
  explicit HalfReachable(int protection) : half_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))) {
    void* data = ::mmap(nullptr, 2 * half_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED) throw std::runtime_error("mmap");
    data_ = static_cast<std::byte*>(data);
    ::mprotect(data_ + half_, half_, protection);
  }
  HalfReachable(const HalfReachable&) = delete;
  HalfReachable& operator=(const HalfReachable&) = delete;
  ~HalfReachable() { ::munmap(data_, 2 * half_); }

  std::span<std::byte> all() const { return {data_, 2 * half_}; }
  void open() const { ::mprotect(data_, 2 * half_, PROT_READ | PROT_WRITE); }
  std::size_t size() const { return 2 * half_; }

 private:
  std::size_t half_;
  std::byte* data_;
};

/// In a child: die of a forbidden access, without a core file and without a sanitizer's report.
inline void die_of_faults() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::signal(SIGSEGV, SIG_DFL);
}

inline constexpr std::size_t kTwoPages = 2 * 4096;

/// A child that dies in the midst of copying an item into the queue.
template <class Q>
posix::Child dying_producer(Q& queue) {
  posix::Child child([&] {
    die_of_faults();
    const HalfReachable half(PROT_NONE);
    queue.put(half.all(), soon());
  });
  child.join(soon());
  return child;
}

/// A child that dies in the midst of copying an item out of the queue.
template <class Q>
posix::Child dying_consumer(Q& queue) {
  posix::Child child([&] {
    die_of_faults();
    const HalfReachable half(PROT_READ);
    queue.get(half.all(), soon());
  });
  child.join(soon());
  return child;
}

}  // namespace shmoo::queue::test
