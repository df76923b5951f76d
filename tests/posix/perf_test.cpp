// Hardware counters are not everywhere, so the machinery is tried with page faults, which the kernel counts
// itself wherever it has these calls at all.
#include "posix/perf.hpp"

#include <gtest/gtest.h>
#include <linux/perf_event.h>
#include <sys/mman.h>

#include <thread>

#include "posix/bare_fork.hpp"
#include "support/processes.hpp"

namespace shmoo::posix {
namespace {

constexpr PerfEvent kFaults[] = {{PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS}};
constexpr std::size_t kPages = 200;

void touch_pages() {
  constexpr std::size_t bytes = kPages * 4096;
  void* const data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(data, MAP_FAILED);
  ::madvise(data, bytes, MADV_NOHUGEPAGE);
  for (std::size_t page = 0; page < kPages; ++page) static_cast<volatile char*>(data)[page * 4096] = 1;
  ::munmap(data, bytes);
}

/// The faults that `work` makes, beyond start() and stop() around it; nothing where they cannot be counted.
template <class Work>
std::optional<double> faults_of(Work work) {
  PerfCounters counters(kFaults, 0);
  touch_pages();  // before: not counted
  counters.start();
  work();
  counters.stop();
  touch_pages();  // after: not counted
  return counters.read()[0];
}

#define SKIP_WITHOUT(count) \
  if (!(count)) GTEST_SKIP() << "this kernel counts no events for this process"

TEST(PerfCounters, count_between_start_and_stop_only) {
  const auto none = faults_of([] {});
  SKIP_WITHOUT(none);
  EXPECT_LT(*none, kPages / 2);
  const auto some = faults_of(touch_pages);
  EXPECT_GE(*some, kPages);
  // The thread sanitizer's own memory has pages of its own for each of these.
  if (!test::kThreadSanitizer) {
    EXPECT_LT(*some, 2 * kPages);
  }
}

TEST(PerfCounters, count_children_and_threads_that_began_later) {
  const auto child = faults_of([] {
    reap(bare_fork([] {
      touch_pages();
      return 0;
    }));
  });
  SKIP_WITHOUT(child);
  EXPECT_GE(*child, kPages);
  EXPECT_GE(*faults_of([] { std::thread(touch_pages).join(); }), kPages);
}

TEST(PerfCounters, count_another_process_and_all_its_threads) {
  test::Flag ready, go, done;
  Child server([&] {
    std::thread worker([&] {
      go.await("the go");
      touch_pages();
      done.raise();
    });
    ready.raise();
    worker.join();
    for (;;) yield();
  });
  ready.await("the server");
  PerfCounters counters(kFaults, server.pid());
  counters.start();
  go.raise();
  done.await("the faults of the server");
  counters.stop();
  const auto count = counters.read()[0];
  SKIP_WITHOUT(count);
  EXPECT_GE(*count, kPages);
}

TEST(PerfCounters, what_cannot_be_counted_is_nothing) {
  constexpr PerfEvent unknown[] = {{0xffff, 0}};
  PerfCounters counters(unknown, 0);
  counters.start();
  counters.stop();
  EXPECT_EQ(counters.read(), std::vector<std::optional<double>>{std::nullopt});
  EXPECT_FALSE(PerfCounters().counts().cycles);
}

TEST(PerfCounters, a_sum_is_known_where_all_parts_are) {
  const PerfCounts one{.cycles = 2, .instructions = 3, .cache_misses = std::nullopt};
  const PerfCounts sum = one + PerfCounts{.cycles = 5, .instructions = std::nullopt, .cache_misses = 1};
  EXPECT_EQ(sum.cycles, 7);
  EXPECT_FALSE(sum.instructions);
  EXPECT_FALSE(sum.cache_misses);
}

TEST(PerfSupport, says_why_there_are_none) {
  const PerfSupport& support = perf_support();
  EXPECT_EQ(support.available, support.reason.empty());
  const bool counts = PerfCounters::hardware().counts().cycles.has_value();
  EXPECT_LE(counts, support.available);
}

}  // namespace
}  // namespace shmoo::posix
