// Threads of one process may share a queue as processes do; this is what the thread sanitizer can look at.
#include <gtest/gtest.h>

#include <thread>

#include "queue/traffic.hpp"
#include "share/queue/boost_mq.hpp"
#include "share/queue/feeder.hpp"
#include "share/queue/pipe.hpp"
#include "share/queue/posix_mq.hpp"
#include "share/queue/seqpacket.hpp"
#include "share/queue/socket_stream.hpp"

// Tests in this program fork while a feeder runs, and the child starts its own.
extern "C" const char* __tsan_default_options();
extern "C" const char* __tsan_default_options() {
  return "die_after_fork=0";
}

namespace shmoo::queue {
namespace {

using namespace test;

template <class M>
class QueueOfThreads : public ::testing::Test {};
struct Names {
  template <class M>
  static std::string GetName(int) {
    return std::string(M::about.name);
  }
};
using Mechanisms = ::testing::Types<Pipe, Feeder, SocketStream, Seqpacket, PosixMq, BoostMq>;
TYPED_TEST_SUITE(QueueOfThreads, Mechanisms, Names);

template <class M>
void exchange(const Shape& shape, std::uint32_t items) {
  typename M::Type queue(shape);
  Tally tally(2, items);
  std::vector<std::thread> getters;
  for (int c = 0; c < 2; ++c)
    getters.emplace_back([&] {
      Bytes buffer(shape.max_bytes);
      for (Got got{Got::empty}; got.status != Got::closed;) {
        got = queue.get(buffer, Deadline::now());
        if (got.status == Got::empty) got = queue.get(buffer, patience());
        if (got.status == Got::ok) tally.count(check_labelled(std::span(buffer).first(got.bytes)));
      }
    });
  std::vector<std::thread> putters;
  for (std::uint32_t p = 0; p < 2; ++p)
    putters.emplace_back([&, p] {
      for (std::uint32_t i = 0; i < items; ++i)
        give(queue, labelled({p, i}, 8 + i * 7919 % (shape.max_bytes - 7)));
    });
  for (auto& putter : putters) putter.join();
  queue.flush();
  queue.close();
  for (auto& getter : getters) getter.join();
  for (std::uint32_t p = 0; p < 2; ++p)
    for (std::uint32_t i = 0; i < items; ++i) ASSERT_EQ(tally.times({p, i}), 1u);
}

TYPED_TEST(QueueOfThreads, delivers_each_item_once) {
  exchange<TypeParam>({.max_bytes = 200, .producers = 2, .consumers = 2}, 500);
  exchange<TypeParam>({.max_items = 3, .max_bytes = 200, .producers = 2, .consumers = 2}, 300);
  exchange<TypeParam>({.max_bytes = 8000, .producers = 2, .consumers = 2}, 200);
}

}  // namespace
}  // namespace shmoo::queue
