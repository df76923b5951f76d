#include "share/queue/items.hpp"

#include <gtest/gtest.h>

#include "queue/traffic.hpp"
#include "share/queue/pipe.hpp"

namespace shmoo::queue {

/// A type that can be put only while it is small.
struct Fussy {
  int size = 0;
  std::string text = "not trivially copyable";
};
template <>
struct Codec<Fussy> {
  static std::span<const std::byte> encode(const Fussy& value, std::vector<std::byte>& scratch) {
    if (value.size > 3) throw std::invalid_argument("too large to be serialised");
    scratch.assign(static_cast<std::size_t>(value.size), std::byte{1});
    return scratch;
  }
  static Fussy decode(std::span<const std::byte> bytes) { return {static_cast<int>(bytes.size())}; }
};

namespace {

using namespace test;

TEST(Items, of_a_trivially_copyable_type_come_as_they_were_put) {
  struct Point {
    double x;
    int y;
  };
  const Shape shape{.max_bytes = sizeof(Point)};
  PipeQueue queue(shape);
  run_process([&] { Of<Point, PipeQueue>(queue, shape).put({1.5, 7}); });
  Of<Point, PipeQueue> points(queue, shape);
  const auto point = points.get(patience());
  ASSERT_TRUE(point);
  EXPECT_EQ((*point).x, 1.5);
  EXPECT_EQ((*point).y, 7);
}

TEST(Items, of_text_may_have_any_length_up_to_the_queues) {
  const Shape shape{.max_bytes = 100};
  PipeQueue queue(shape);
  Of<std::string, PipeQueue> texts(queue, shape);
  texts.put("");
  texts.put(std::string(100, 'x'));
  EXPECT_THROW(texts.put(std::string(101, 'x')), std::length_error);
  EXPECT_EQ(*texts.get(), "");
  EXPECT_EQ(*texts.get(), std::string(100, 'x'));
  EXPECT_EQ(texts.get(Deadline::now()).status, Got::empty);
  queue.close();
  EXPECT_EQ(texts.get().status, Got::closed);
  EXPECT_EQ(texts.put("late"), Put::closed);
}

TEST(Items, that_cannot_be_serialised_are_refused_and_take_no_place) {
  const Shape shape{.max_items = 1, .max_bytes = 100};
  PipeQueue queue(shape);
  Of<Fussy, PipeQueue> items(queue, shape);
  for (int i = 0; i < 3; ++i) EXPECT_THROW(items.put({9}), std::invalid_argument);
  EXPECT_EQ(queue.size(), 0u);
  EXPECT_EQ(items.put({2}, Deadline::now()), Put::ok);
  EXPECT_EQ((*items.get(patience())).size, 2);
}

TEST(Items, of_another_size_are_an_error) {
  const Shape shape{.max_bytes = 100};
  PipeQueue queue(shape);
  give(queue, patterned(3, 0));
  EXPECT_THROW((Of<int, PipeQueue>(queue, shape).get()), std::runtime_error);
}

}  // namespace
}  // namespace shmoo::queue
