// Every mechanism of catalog::Values is held to what share/value/contract.hpp promises. Nothing is named
// here: a new mechanism is tested by being listed, and what it cannot hold, by its refusal, is left out.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <thread>
#include <vector>

#include "posix/affinity.hpp"
#include "share/catalog/values.hpp"
#include "support/processes.hpp"
#include "support/stepped.hpp"
#include "sync/patience.hpp"

namespace shmoo::value {
namespace {

/// A struct whose every byte follows from one number.
template <std::size_t bytes>
struct Block {
  std::array<unsigned char, bytes> data{};

  static Block of(unsigned number) {
    Block block;
    for (std::size_t i = 0; i < bytes; ++i) block.data[i] = static_cast<unsigned char>(number * 31 + i / 8);
    return block;
  }
  bool whole() const {
    for (std::size_t i = 1; i < bytes; ++i)
      if (data[i] != static_cast<unsigned char>(data[0] + i / 8)) return false;
    return true;
  }
  bool operator==(const Block&) const = default;
};

struct Pair {
  std::int32_t left = 0;
  double right = 0;
  bool operator==(const Pair&) const = default;
};

/// Something of type T that is not zero.
template <class T>
T sample() {
  if constexpr (std::is_arithmetic_v<T>)
    return static_cast<T>(std::is_floating_point_v<T> ? 11.24 : 101);
  else
    return T::of(3);
}
template <>
Pair sample<Pair>() {
  return {-7, 11.24};
}

/// Python's type codes (c b B u h H i I l L q Q f d), and structs.
using ElementTypes = std::tuple<char, std::int8_t, std::uint8_t, wchar_t, std::int16_t, std::uint16_t,
                                std::int32_t, std::uint32_t, long, unsigned long, std::int64_t, std::uint64_t,
                                float, double, bool, Pair, Block<1>, Block<3>, Block<8>, Block<13>, Block<56>,
                                Block<57>, Block<64>, Block<1000>, Block<4096>>;

using Number = std::int64_t;

struct Names {
  template <class M>
  static std::string GetName(int) {
    return std::string(M::about.name);
  }
};

template <class M>
class AnyValue : public testing::Test {
 protected:
  template <class T>
  static constexpr bool holds = M::template refusal<T> == nullptr;
  template <class T>
  using Of = typename M::template Of<T>;

  void TearDown() override { sync::patience().spins = 0; }

  static int crowd() { return 2 * static_cast<int>(posix::allowed_cpus().size()) + 1; }

  template <class Visit>
  static void for_each_element_type(Visit visit) {
    for_each_mechanism<ElementTypes>([&]<class T>() {
      if constexpr (holds<T>) visit.template operator()<T>();
    });
  }
};

template <class List>
struct AsTypes;
template <class... M>
struct AsTypes<std::tuple<M...>> {
  using Type = testing::Types<M...>;
};
TYPED_TEST_SUITE(AnyValue, AsTypes<catalog::Values>::Type, Names);

TYPED_TEST(AnyValue, says_what_it_is) {
  EXPECT_FALSE(TypeParam::about.name.empty());
  EXPECT_FALSE(TypeParam::about.summary.empty());
  EXPECT_FALSE(TypeParam::about.peer_death.empty());
  static_assert(TestFixture::template holds<Number>, "every mechanism can at least count");
  static_assert(Counter<typename TestFixture::template Of<Number>>);
}

TYPED_TEST(AnyValue, starts_as_zero_even_in_recycled_memory_or_as_given) {
  this->for_each_element_type([]<class T>() {
    using V = typename TypeParam::template Of<T>;
    for (int round = 0; round < 2; ++round) {
      V given(sample<T>());
      EXPECT_EQ(given.get(), sample<T>());
      V zero;
      EXPECT_EQ(zero.get(), T{});
    }
  });
}

TYPED_TEST(AnyValue, a_child_sees_what_the_parent_wrote_before_the_fork) {
  this->for_each_element_type([]<class T>() {
    typename TypeParam::template Of<T> value;
    if constexpr (Value<decltype(value)>)
      value.set(sample<T>());
    else
      value.add(sample<T>());
    test::run_process([&] { test::require(value.get() == sample<T>(), "another value"); });
  });
}

TYPED_TEST(AnyValue, the_parent_sees_what_a_child_wrote_unless_it_is_isolated) {
  this->for_each_element_type([]<class T>() {
    typename TypeParam::template Of<T> set_by_child;
    typename TypeParam::template Of<T> updated_by_child;
    test::run_process([&] {
      if constexpr (Value<decltype(set_by_child)>) {
        set_by_child.set(sample<T>());
        updated_by_child.update([](T& x) { x = sample<T>(); });
      } else {
        set_by_child.add(sample<T>());
        updated_by_child.add(sample<T>());
      }
      test::require(set_by_child.get() == sample<T>(), "the child does not see its own write");
    });
    EXPECT_EQ(set_by_child.get(), TypeParam::about.isolated ? T{} : sample<T>());
    EXPECT_EQ(updated_by_child.get(), TypeParam::about.isolated ? T{} : sample<T>());
  });
}

TYPED_TEST(AnyValue, a_child_sees_what_the_parent_writes_later_unless_it_is_isolated) {
  typename TypeParam::template Of<Number> value;
  test::Flag written;
  posix::Child child([&] {
    written.await("the parent's write");
    test::require(value.get() == (TypeParam::about.isolated ? 0 : 5), "another value");
  });
  value.add(5);
  written.raise();
  ASSERT_TRUE(child.join(test::patience()));
  EXPECT_TRUE(child.ending().good());
}

TYPED_TEST(AnyValue, adding_is_plus) {
  this->for_each_element_type([]<class T>() {
    if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) {
      typename TypeParam::template Of<T> value(static_cast<T>(5));
      value.add(static_cast<T>(7));
      EXPECT_EQ(value.get(), static_cast<T>(12));
      if constexpr (std::is_signed_v<T>) {
        value.add(static_cast<T>(-20));
        EXPECT_EQ(value.get(), static_cast<T>(-8));
      }
    }
  });
}

TYPED_TEST(AnyValue, loses_no_add_of_any_process) {
  for (const std::uint32_t spins : {0U, 2000U}) {
    sync::patience().spins = spins;
    typename TypeParam::template Of<Number> value(1);
    const int procs = this->crowd();
    constexpr Number times = 3000;
    test::run_processes(procs, [&](int) {
      const Number before = value.get();
      for (Number i = 0; i < times; ++i) value.add(1);
      if (TypeParam::about.isolated) test::require(value.get() == before + times, "an own add is lost");
    });
    const Number all = TypeParam::about.isolated ? 1 : 1 + procs * times;
    if (TypeParam::about.loses_updates)
      EXPECT_LE(value.get(), all);
    else
      EXPECT_EQ(value.get(), all);
  }
}

TYPED_TEST(AnyValue, loses_no_update_of_any_process) {
  using T = Block<64>;
  if constexpr (TestFixture::template holds<T>) {
    struct Count {
      static void up(T& x) {
        std::uint64_t number;
        std::memcpy(&number, x.data.data() + 40, sizeof number);
        ++number;
        std::memcpy(x.data.data() + 40, &number, sizeof number);
      }
      static std::uint64_t of(const T& x) {
        std::uint64_t number;
        std::memcpy(&number, x.data.data() + 40, sizeof number);
        return number;
      }
    };
    typename TypeParam::template Of<T> value;
    constexpr std::uint64_t times = 2000;
    test::run_processes(4, [&](int) {
      for (std::uint64_t i = 0; i < times; ++i) value.update(Count::up);
    });
    const std::uint64_t all = TypeParam::about.isolated ? 0 : 4 * times;
    if (TypeParam::about.loses_updates)
      EXPECT_LE(Count::of(value.get()), all);
    else
      EXPECT_EQ(Count::of(value.get()), all);
  }
}

TYPED_TEST(AnyValue, a_reader_never_sees_half_a_write) {
  this->for_each_element_type([]<class T>() {
    if constexpr (requires(T x) { x.whole(); }) {
      if (TypeParam::about.tears) return;
      typename TypeParam::template Of<T> value(T::of(0));
      posix::Shared<std::atomic<int>> readers_left{0, 2};
      test::run_processes(4, [&](int member) {
        if (member < 2) {
          for (unsigned i = 0; readers_left->load() > 0; ++i) {
            value.set(T::of(2 * i + static_cast<unsigned>(member)));
            if (i % 16 == 0) posix::yield();
          }
        } else {
          for (int i = 0; i < 2000; ++i) test::require(value.get().whole(), "half a write");
          --*readers_left;
        }
      });
      EXPECT_TRUE(value.get().whole());
    }
  });
}

TYPED_TEST(AnyValue, what_one_process_writes_in_order_is_never_seen_to_go_back) {
  // 8 bytes, a struct of one line, and one that is larger: mechanisms may take another path for each.
  for_each_mechanism<std::tuple<std::array<Number, 1>, std::array<Number, 7>, std::array<Number, 40>>>(
      []<class T>() {
        if constexpr (TestFixture::template holds<T>) {
          typename TypeParam::template Of<T> value;
          posix::Shared<std::atomic<int>> readers_left{0, 2};
          test::run_processes(3, [&](int member) {
            if (member == 0) {
              T next{};
              for (Number i = 1; readers_left->load() > 0; ++i) {
                next.fill(i);
                value.set(next);
                if (i % 16 == 0) posix::yield();
              }
            } else {
              for (auto [i, last] = std::pair(0, Number{0}); i < 5000; ++i) {
                const Number seen = value.get()[0];
                test::require(seen >= last, "a newer value was followed by an older one");
                last = seen;
              }
              --*readers_left;
            }
          });
        }
      });
}

TYPED_TEST(AnyValue, serves_threads_of_one_process_as_it_serves_processes) {
  if constexpr (TypeParam::about.isolated) {
    GTEST_SKIP() << "one thread at a time";
  } else {
    typename TypeParam::template Of<Number> sum;
    constexpr Number times = 2000;
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i)
      threads.emplace_back([&] {
        for (Number done = 0; done < times; ++done) sum.add(1);
      });
    for (auto& thread : threads) thread.join();
    if (TypeParam::about.loses_updates)
      EXPECT_LE(sum.get(), 3 * times);
    else
      EXPECT_EQ(sum.get(), 3 * times);

    using T = Block<64>;
    if constexpr (TestFixture::template holds<T>) {
      typename TypeParam::template Of<T> value(T::of(0));
      std::atomic<bool> torn{false};
      std::thread writer([&] {
        for (unsigned i = 0; i < 2000; ++i) value.set(T::of(i));
      });
      std::thread reader([&] {
        for (int i = 0; i < 2000; ++i)
          if (!value.get().whole()) torn = true;
      });
      writer.join();
      reader.join();
      EXPECT_TRUE(TypeParam::about.tears || !torn);
    }
  }
}

TYPED_TEST(AnyValue, compound_steps_under_its_lock_lose_nothing) {
  using V = typename TestFixture::template Of<Number>;
  if constexpr (Locked<V>) {
    V value;
    constexpr Number times = 2000;
    test::run_processes(4, [&](int) {
      for (Number i = 0; i < times; ++i) {
        const auto guard = value.lock();
        const Number seen = value.get();
        if (i % 64 == 0) posix::yield();
        value.set(seen + 1);
      }
    });
    EXPECT_EQ(value.get(), 4 * times);
  }
}

TYPED_TEST(AnyValue, its_lock_is_recursive) {
  using V = typename TestFixture::template Of<Number>;
  if constexpr (Locked<V>) {
    V value;
    {
      const auto outer = value.lock();
      const auto inner = value.lock();
      value.update([&](Number& x) { x = value.get() + 1; });
      value.add(1);
    }
    test::run_process([&] { value.add(1); });
    EXPECT_EQ(value.get(), 3);
  }
}

TYPED_TEST(AnyValue, a_lock_held_at_fork_belongs_to_the_parent) {
  using V = typename TestFixture::template Of<Number>;
  if constexpr (Locked<V>) {
    V value;
    test::Flag started;
    posix::Child child;
    {
      const auto guard = value.lock();
      child = posix::Child([&] {
        started.raise();
        value.add(1);
      });
      started.await("the child");
      const Number seen = value.get();
      posix::nap(std::chrono::milliseconds(10));
      value.set(seen + 1);
    }
    ASSERT_TRUE(child.join(test::patience()));
    EXPECT_TRUE(child.ending().good());
    EXPECT_EQ(value.get(), 2);
  }
}

TYPED_TEST(AnyValue, a_holder_that_is_killed_is_told_or_the_wait_has_a_deadline) {
  using V = typename TestFixture::template Of<Number>;
  if constexpr (requires(V v) { v.get_lock(); }) {
    V value(7);
    test::Flag held;
    posix::Child holder([&] {
      const auto guard = value.lock();
      held.raise();
      for (;;) ::pause();
    });
    held.await("the holder");
    holder.kill();
    ASSERT_TRUE(holder.join(test::patience()));
    if constexpr (V::lock_type::robust) {
      EXPECT_TRUE(value.lock().inherited());
      EXPECT_FALSE(value.lock().inherited()) << "told once";
      value.add(1);
      EXPECT_EQ(value.get(), 8);
    } else {
      EXPECT_EQ(value.get_lock().lock(posix::Deadline::in(std::chrono::milliseconds(20))),
                sync::Taken::timed_out);
    }
  }
}

/// A plain lock stays with a holder that dies inside; everything else must go on.
template <class V>
constexpr bool may_hang = requires(V v) {
  v.get_lock();
  requires !V::lock_type::robust;
};

TYPED_TEST(AnyValue, killed_at_any_instruction_an_add_is_done_or_not_and_others_go_on) {
  if (test::kThreadSanitizer) GTEST_SKIP() << "the sanitizer makes many instructions of one";
  using V = typename TestFixture::template Of<Number>;
  if constexpr (!may_hang<V>) {
    const auto attempt = [](V& value) {
      value.add(0);  // what happens at a first call only (binding symbols) is not worth stepping through
      // A server waits for a handshake for some seconds, which single steps take where each is a sanitizer's
      // too.
      const auto connect = [&] {
        if (TypeParam::about.transport == Transport::tcp) value.add(0);
      };
      return test::Stepped([&] { value.add(5); }, connect);
    };
    V counted(1);
    const int steps = attempt(counted).run_to_end();
    // Spread over a long operation: walking to each instruction of thousands would take minutes.
    const int kills = std::clamp(100'000 / (steps + 1), 10, 150);
    for (int kill_at = 0; kill_at <= steps; kill_at += 1 + steps / kills) {
      V value(1);
      attempt(value).step(kill_at);  // the destructor kills
      Number seen = 0;
      try {
        seen = value.get();
      } catch (const sync::OwnerDied&) {
        seen = value.get();
      }
      if (TypeParam::about.isolated)
        ASSERT_EQ(seen, 1);
      else
        ASSERT_TRUE(seen == 1 || seen == 6)
            << seen << " after " << kill_at << " of " << steps << " instructions";
      test::run_process([&] { value.add(1); });
      ASSERT_EQ(value.get(), seen + (TypeParam::about.isolated ? 0 : 1));
    }
  }
}

}  // namespace
}  // namespace shmoo::value
