// Every mechanism of catalog::Dicts is held to what share/dict/contract.hpp promises. Nothing is named here:
// a new mechanism is tested by being listed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "share/catalog/dicts.hpp"
#include "support/processes.hpp"

namespace shmoo::dict {
namespace {

using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

template <class List>
struct AsTypes;
template <class... M>
struct AsTypes<std::tuple<M...>> {
  static_assert((Mechanism<M> && ...));
  using type = ::testing::Types<M...>;
};

struct Names {
  template <class M>
  static std::string GetName(int) {
    return std::string(M::about.name);
  }
};

template <class M>
class DictContract : public testing::Test {
 protected:
  using Type = typename M::Type;

  void SetUp() override {
    if (const std::string reason = M::refusal(shape); !reason.empty()) GTEST_SKIP() << reason;
    dict = std::make_unique<Type>(shape);
  }
  std::string value_of(std::string_view key) {
    std::string value = "untouched";
    return dict->get(key, value) ? value : "nothing";
  }
  Shape shape{.max_items = 1000, .max_value_bytes = 4096};
  std::unique_ptr<Type> dict;
};
TYPED_TEST_SUITE(DictContract, AsTypes<catalog::Dicts>::type, Names);

TYPED_TEST(DictContract, starts_empty) {
  std::string value = "untouched";
  EXPECT_EQ(this->dict->size(), 0U);
  EXPECT_THAT(this->dict->items(), IsEmpty());
  EXPECT_FALSE(this->dict->get("key", value));
  EXPECT_EQ(value, "untouched");
  EXPECT_FALSE(this->dict->erase("key"));
}

TYPED_TEST(DictContract, set_inserts_and_replaces) {
  this->dict->set("a", "1");
  this->dict->set("b", "2");
  this->dict->set("a", "a much longer value than the one before, which must not be cut or kept");
  EXPECT_EQ(this->value_of("a"), "a much longer value than the one before, which must not be cut or kept");
  this->dict->set("a", "");
  EXPECT_EQ(this->value_of("a"), "");
  EXPECT_EQ(this->value_of("b"), "2");
  EXPECT_EQ(this->dict->size(), 2U);
}

TYPED_TEST(DictContract, erase_says_whether_the_key_was_there) {
  this->dict->set("a", "1");
  EXPECT_TRUE(this->dict->erase("a"));
  EXPECT_FALSE(this->dict->erase("a"));
  EXPECT_EQ(this->value_of("a"), "nothing");
  EXPECT_EQ(this->dict->size(), 0U);
}

TYPED_TEST(DictContract, keys_and_values_are_any_bytes) {
  using namespace std::string_literals;
  const std::string key = "k\0\xFF\n"s;
  std::string value;
  for (int i = 0; i < 256; ++i) value.push_back(static_cast<char>(i));
  this->dict->set(key, value);
  this->dict->set("", "the empty key");
  EXPECT_EQ(this->value_of(key), value);
  EXPECT_EQ(this->value_of("k"), "nothing");
  EXPECT_EQ(this->value_of(""), "the empty key");
}

TYPED_TEST(DictContract, update_is_set_for_each) {
  this->dict->set("a", "old");
  const std::vector<Item> items{{"a", "1"}, {"b", "2"}, {"c", "3"}, {"b", "2 again"}};
  this->dict->update(items);
  EXPECT_THAT(this->dict->items(),
              UnorderedElementsAre(Pair("a", "1"), Pair("b", "2 again"), Pair("c", "3")));
  this->dict->update({});
  EXPECT_EQ(this->dict->size(), 3U);
}

TYPED_TEST(DictContract, clear_empties_and_leaves_it_usable) {
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 500; ++i) this->dict->set(std::to_string(i), std::string(1000, 'x'));
    EXPECT_EQ(this->dict->size(), 500U);
    this->dict->clear();
    EXPECT_EQ(this->dict->size(), 0U);
    EXPECT_EQ(this->value_of("1"), "nothing");
  }
}

TYPED_TEST(DictContract, values_are_copies) {
  this->dict->set("key", "value");
  std::string value;
  ASSERT_TRUE(this->dict->get("key", value));
  value[0] = 'X';
  auto items = this->dict->items();
  items[0].second = "changed";
  EXPECT_EQ(this->value_of("key"), "value");
}

TYPED_TEST(DictContract, holds_what_its_shape_says) {
  for (std::size_t i = 0; i < this->shape.max_items; ++i)
    this->dict->set("key number " + std::to_string(i),
                    std::string(this->shape.max_value_bytes, static_cast<char>(i)));
  EXPECT_EQ(this->dict->size(), this->shape.max_items);
  for (std::size_t i = 0; i < this->shape.max_items; ++i)
    ASSERT_EQ(this->value_of("key number " + std::to_string(i)),
              std::string(this->shape.max_value_bytes, static_cast<char>(i)));
}

TYPED_TEST(DictContract, agrees_with_a_map_over_random_steps) {
  std::map<std::string, std::string> model;
  unsigned state = 1;
  const auto random = [&](unsigned bound) {
    state = state * 1664525 + 1013904223;
    return (state >> 8) % bound;
  };
  for (int step = 0; step < 20'000; ++step) {
    const std::string key = std::to_string(random(200));
    if (random(10) < 6) {
      model[key] = std::string(random(300), static_cast<char>(step));
      this->dict->set(key, model[key]);
    } else {
      EXPECT_EQ(this->dict->erase(key), model.erase(key) > 0);
    }
  }
  const auto items = this->dict->items();
  EXPECT_EQ((std::map<std::string, std::string>(items.begin(), items.end())), model);
}

TYPED_TEST(DictContract, children_see_what_is_there_and_share_or_keep_what_they_write) {
  this->dict->set("parent", "before");
  test::run_process([&] {
    test::require(this->value_of("parent") == "before", "a child sees what was set before its fork");
    this->dict->set("child", "written");
    this->dict->set("parent", "changed");
    test::require(this->value_of("child") == "written", "a child sees its own writes");
  });
  EXPECT_EQ(this->value_of("child"), TypeParam::about.isolated ? "nothing" : "written");
  EXPECT_EQ(this->value_of("parent"), TypeParam::about.isolated ? "before" : "changed");
}

TYPED_TEST(DictContract, values_of_concurrent_writers_are_whole) {
  constexpr int writers = 4;
  test::run_processes(writers, [&](int i) {
    std::string seen;
    for (int k = 0; k < 500; ++k) {
      const std::string key = std::to_string(k % 7);
      this->dict->set(
          key, std::string(static_cast<std::size_t>(1 + (k * 37 + i) % 3000), static_cast<char>('a' + i)));
      test::require(this->dict->get(key, seen), "a key that is never erased was missing");
      test::require(!seen.empty() && seen.find_first_not_of(seen[0]) == std::string::npos,
                    "a value was torn");
    }
  });
  EXPECT_EQ(this->dict->size(), TypeParam::about.isolated ? 0U : 7U);
}

TYPED_TEST(DictContract, an_update_is_seen_as_a_whole) {
  constexpr int keys = 20;
  const auto write = [&](int version) {
    std::vector<std::string> names;
    for (int k = 0; k < keys; ++k) names.push_back(std::to_string(k));
    const std::string value(200, static_cast<char>(version));
    std::vector<Item> items;
    for (const std::string& name : names) items.emplace_back(name, value);
    this->dict->update(items);
  };
  write(0);
  test::run_processes(4, [&](int i) {
    for (int k = 0; k < 200; ++k) {
      if (i < 2) {
        write(k % 100 + i * 100);
        continue;
      }
      const auto items = this->dict->items();
      test::require(items.size() == keys, "a key was missing");
      for (const auto& item : items)
        test::require(item.second == items[0].second, "an update was seen half done");
    }
  });
}

TYPED_TEST(DictContract, a_client_that_is_killed_between_calls_disturbs_nobody) {
  test::Flag written;
  posix::Child client([&] {
    this->dict->set("left", "behind");
    written.raise();
    posix::nap(std::chrono::hours(1));
  });
  written.await("the client has written");
  client.kill();
  ASSERT_TRUE(client.join(test::patience()));
  this->dict->set("key", "value");
  EXPECT_EQ(this->value_of("key"), "value");
  EXPECT_EQ(this->value_of("left"), TypeParam::about.isolated ? "nothing" : "behind");
}

TEST(BoundedDict, a_set_that_finds_no_room_leaves_the_dict_as_it_was) {
  const Shape shape{.max_items = 10, .max_value_bytes = 1000};
  BoostDict dict(shape);
  const std::string value(1000, 'v');
  std::size_t filled = 0;
  EXPECT_THROW(for (;; ++filled) dict.set(std::to_string(filled), value), std::bad_alloc);
  EXPECT_GE(filled, shape.max_items);
  const auto sorted = [](std::vector<OwnedItem> items) {
    std::sort(items.begin(), items.end());
    return items;
  };
  const auto before = dict.items();
  const std::string large(100'000, 'x');
  EXPECT_THROW(dict.set("0", large), std::bad_alloc);
  const std::vector<Item> items{{"0", "changed"}, {"new", "n"}, {"1", large}};
  EXPECT_THROW(dict.update(items), std::bad_alloc);
  EXPECT_TRUE(sorted(dict.items()) == sorted(before));
  EXPECT_TRUE(dict.erase("0"));
  EXPECT_TRUE(dict.erase("1"));
  dict.set("room", "again");
  EXPECT_EQ(dict.size(), filled - 1);
}

}  // namespace
}  // namespace shmoo::dict
