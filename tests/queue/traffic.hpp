// Items that prove themselves, for tests of queues: each names its producer and its number, and every byte
// behind follows from them.
#pragma once
#include <gtest/gtest.h>
#include <sys/types.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "share/queue/contract.hpp"
#include "support/processes.hpp"

namespace shmoo::queue::test {

using shmoo::test::await_sleep;
using shmoo::test::Flag;
using shmoo::test::patience;
using shmoo::test::require;
using shmoo::test::run_process;
using shmoo::test::run_processes;
using shmoo::test::wait_until;
using Bytes = std::vector<std::byte>;

struct Label {
  std::uint32_t producer;
  std::uint32_t number;
};

/// An item of `bytes`, at least a Label long.
inline Bytes labelled(Label label, std::size_t bytes) {
  Bytes item(std::max(bytes, sizeof label));
  std::memcpy(item.data(), &label, sizeof label);
  for (std::size_t at = sizeof label; at < item.size(); ++at)
    item[at] = std::byte((label.producer * 131 + label.number * 31 + at) & 0xff);
  return item;
}

/// The label of an item; throws unless every byte is right.
inline Label check_labelled(std::span<const std::byte> item) {
  Label label;
  require(item.size() >= sizeof label, "an item was cut");
  std::memcpy(&label, item.data(), sizeof label);
  const Bytes right = labelled(label, item.size());
  require(std::memcmp(right.data(), item.data(), item.size()) == 0, "an item has wrong bytes");
  return label;
}

/// An item of any length whose bytes follow from it and `seed`.
inline Bytes patterned(std::size_t bytes, unsigned seed) {
  Bytes item(bytes);
  for (std::size_t at = 0; at < bytes; ++at) item[at] = std::byte((at * 7 + at / 251 + seed) & 0xff);
  return item;
}

/// The next item, with the patience of tests; throws unless there is one.
template <class Q>
Bytes take(Q& queue, const Shape& shape) {
  Bytes buffer(shape.max_bytes);
  const Got got = queue.get(buffer, patience());
  require(got.status == Got::ok, "no item came");
  buffer.resize(got.bytes);
  return buffer;
}

template <class Q>
void give(Q& queue, std::span<const std::byte> item) {
  require(queue.put(item, patience()) == Put::ok, "an item found no room");
}

/// Waits until process `pid` waits for an item or for room in `queue`. Where a server keeps the line, the
/// process already sleeps while its call is still on the way; the second answer that the server gives us
/// comes after it has seen that call.
template <class Q>
void await_waiting(const Q& queue, pid_t pid) {
  await_sleep(pid);
  static_cast<void>(queue.size());
  static_cast<void>(queue.size());
}

/// Waits for the end of a child that must end well.
inline void expect_good(posix::Child& child) {
  ASSERT_TRUE(child.join(patience())) << "a process hangs";
  EXPECT_TRUE(child.ending().good()) << child.ending().text();
}

/// Which producer's items came, each once: counts in shared memory.
class Tally {
 public:
  Tally(std::uint32_t producers, std::uint32_t items)
      : items_(items), counts_(producers * items * sizeof(std::atomic<std::uint32_t>)) {}
  void count(Label label) {
    require(label.number < items_, "an item that nobody put");
    at(label).fetch_add(1);
  }
  std::uint32_t times(Label label) const { return at(label).load(); }

 private:
  std::atomic<std::uint32_t>& at(Label label) const {
    auto* const counts = reinterpret_cast<std::atomic<std::uint32_t>*>(counts_.data());
    return counts[static_cast<std::size_t>(label.producer) * items_ + label.number];
  }
  std::uint32_t items_;
  posix::SharedMapping counts_;
};

}  // namespace shmoo::queue::test
