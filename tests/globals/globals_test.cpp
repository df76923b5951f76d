// Every mechanism in the catalog keeps the Globals contract: a child has a snapshot, and nothing else.
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <cstring>
#include <tuple>

#include "posix/bare_fork.hpp"
#include "share/catalog/globals.hpp"
#include "support/processes.hpp"

namespace shmoo::globals {
namespace {

using posix::Pages;
using test::require;

template <class List>
struct TestTypes;
template <class... M>
struct TestTypes<std::tuple<M...>> {
  using Type = testing::Types<M...>;
};

bool all_are(std::span<const std::byte> bytes, int value) {
  return bytes[0] == static_cast<std::byte>(value) &&
         std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}
void set_all(std::span<std::byte> bytes, int value) {
  std::memset(bytes.data(), value, bytes.size());
}

template <class M>
class EveryGlobals : public testing::Test {
 public:
  static constexpr std::size_t size = std::size_t{4} << 20;

  /// Runs the fact with small pages, and with huge ones where there are any.
  template <class Fact>
  void with_both_pages(Fact fact) {
    for (const Pages pages : {Pages::small, Pages::huge}) {
      SCOPED_TRACE(pages == Pages::huge ? "huge pages" : "small pages");
      if (M::refusal(size, pages).empty()) fact(typename M::Type(size, pages));
    }
  }
};
TYPED_TEST_SUITE(EveryGlobals, TestTypes<catalog::Globals>::Type);

TYPED_TEST(EveryGlobals, keeps_the_contract_as_a_type) {
  static_assert(Globals<typename TypeParam::Type>);
  static_assert(TypeParam::about.isolated);
  EXPECT_EQ(TypeParam::refusal(4096, Pages::small), "");
}

TYPED_TEST(EveryGlobals, starts_as_zero) {
  this->with_both_pages([](auto globals) { EXPECT_TRUE(all_are(globals.bytes(), 0)); });
  typename TypeParam::Type small(8, Pages::small);
  EXPECT_EQ(small.bytes().size(), 8U);
  EXPECT_TRUE(all_are(small.bytes(), 0));
}

TYPED_TEST(EveryGlobals, shows_a_child_what_was_there_at_the_fork) {
  this->with_both_pages([](auto globals) {
    set_all(globals.bytes(), 3);
    test::run_process([&] { require(all_are(globals.bytes(), 3), "another value"); });
  });
}

TYPED_TEST(EveryGlobals, keeps_what_a_child_writes_from_the_parent_and_from_its_siblings) {
  this->with_both_pages([](auto globals) {
    set_all(globals.bytes(), 3);
    test::run_processes(3, [&](int index) {
      require(all_are(globals.bytes(), 3), "another value");
      set_all(globals.bytes(), 10 + index);
      require(all_are(globals.bytes(), 10 + index), "a child does not see its own writes");
    });
    EXPECT_TRUE(all_are(globals.bytes(), 3));
  });
}

TYPED_TEST(EveryGlobals, keeps_what_the_parent_writes_later_from_the_child) {
  this->with_both_pages([](auto globals) {
    set_all(globals.bytes(), 3);
    test::Flag written;
    posix::Child child([&] {
      written.await("the parent's write");
      require(all_are(globals.bytes(), 3), "sees what the parent wrote after the fork");
    });
    set_all(globals.bytes(), 4);
    written.raise();
    ASSERT_TRUE(child.join(test::patience()));
    EXPECT_TRUE(child.ending().good());
    EXPECT_TRUE(all_are(globals.bytes(), 4));
  });
}

TYPED_TEST(EveryGlobals, gives_a_grandchild_the_snapshot_of_its_parent) {
  this->with_both_pages([](auto globals) {
    set_all(globals.bytes(), 3);
    test::run_process([&] {
      set_all(globals.bytes(), 5);
      posix::Child grandchild(
          [&] { require(all_are(globals.bytes(), 5), "not the snapshot of its parent"); });
      require(grandchild.join(test::patience()) && grandchild.ending().good(), "the grandchild failed");
    });
  });
}

TEST(PrivateGlobals, lie_in_huge_pages_where_asked_and_in_none_where_not) {
  constexpr std::size_t size = std::size_t{16} << 20;
  PrivateMemory small(size, Pages::small);
  set_all(small.bytes(), 1);
  EXPECT_EQ(small.huge_bytes(), 0U);
  if (!Private::refusal(size, Pages::huge).empty()) GTEST_SKIP() << Private::refusal(size, Pages::huge);
  PrivateMemory huge(size, Pages::huge);
  set_all(huge.bytes(), 1);
  // All of it, unless memory is too fragmented for the kernel to find so many.
  EXPECT_GT(huge.huge_bytes(), 0U);
}

TEST(PrivateGlobals, refuse_huge_pages_for_less_than_one) {
  EXPECT_EQ(Private::refusal(4096, Pages::small), "");
  EXPECT_NE(Private::refusal(4096, Pages::huge), "");
}

TEST(BareFork, hands_over_what_the_body_returns) {
  EXPECT_EQ(posix::reap(posix::bare_fork([] { return 7; })).code, 7);
}

TEST(BareFork, dies_with_its_parent) {
  // The grandchild holds the last writing end of a pipe: reading meets its end when nobody holds one.
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  posix::Child parent([&] {
    posix::bare_fork([&] {
      require(::write(ends[1], "!", 1) == 1, "cannot write");
      for (;;) ::pause();
      return 0;
    });
    for (;;) ::pause();
  });
  ::close(ends[1]);
  char byte;
  ASSERT_EQ(::read(ends[0], &byte, 1), 1);
  parent.kill();
  ASSERT_TRUE(parent.join(test::patience()));
  pollfd end{ends[0], POLLIN, 0};
  ASSERT_EQ(::poll(&end, 1, 30'000), 1) << "the grandchild lives on";
  EXPECT_EQ(::read(ends[0], &byte, 1), 0);
  ::close(ends[0]);
}

}  // namespace
}  // namespace shmoo::globals
