// The map that a dict is made of: finds what was put, in the order in which it came, whatever was taken out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

#include "share/manager/objects/text_map.hpp"

namespace shmoo::manager {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs pairs_of(const TextMap& map) {
  Pairs all;
  map.each([&](const TextMap::Entry& entry) { all.emplace_back(entry.key, entry.value); });
  return all;
}

std::string key(int number) {
  return "key " + std::to_string(number);
}

TEST(TextMap, finds_what_was_added_and_nothing_else) {
  TextMap map;
  EXPECT_EQ(map.find(""), nullptr);
  for (int i = 0; i < 1000; ++i) map.add(key(i), std::to_string(i));
  map.add("", "of the empty key");
  for (int i = 0; i < 1000; ++i) {
    ASSERT_NE(map.find(key(i)), nullptr) << i;
    EXPECT_EQ(map.find(key(i))->value, std::to_string(i));
  }
  EXPECT_EQ(map.find("")->value, "of the empty key");
  EXPECT_EQ(map.find(key(1000)), nullptr);
  EXPECT_EQ(map.size(), 1001u);
}

TEST(TextMap, keeps_the_order_in_which_keys_came) {
  TextMap map;
  for (const int i : {3, 1, 4, 15, 9, 2, 6}) map.add(key(i), "v");
  map.erase(*map.find(key(4)));
  map.find(key(1))->value = "changed";
  map.erase(*map.find(key(3)));
  map.add(key(3), "again");
  EXPECT_EQ(pairs_of(map), (Pairs{{key(1), "changed"},
                                  {key(15), "v"},
                                  {key(9), "v"},
                                  {key(2), "v"},
                                  {key(6), "v"},
                                  {key(3), "again"}}));
}

TEST(TextMap, last_is_the_one_that_came_last_of_those_that_are_there) {
  TextMap map;
  for (int i = 0; i < 5; ++i) map.add(key(i), "v");
  map.erase(*map.find(key(3)));
  map.erase(*map.find(key(4)));
  EXPECT_EQ(map.last().key, key(2));
  for (const int i : {2, 1, 0}) {
    EXPECT_EQ(map.last().key, key(i));
    map.erase(map.last());
  }
  EXPECT_TRUE(map.empty());
}

// The first ones go, new ones come: neither places nor memory run out.
TEST(TextMap, can_be_used_as_a_line) {
  TextMap map;
  for (int i = 0; i < 100; ++i) map.add(key(i), "v");
  for (int i = 0; i < 20'000; ++i) {
    map.erase(*map.find(key(i)));
    map.add(key(i + 100), "v");
  }
  EXPECT_EQ(map.size(), 100u);
  EXPECT_EQ(pairs_of(map).front().first, key(20'000));
  EXPECT_EQ(map.last().key, key(20'099));
}

// Against the simplest map that there is.
TEST(TextMap, does_what_a_list_of_pairs_does) {
  for (const unsigned seed : {1u, 2u, 3u, 4u}) {
    std::mt19937 random(seed);
    TextMap map;
    Pairs model;
    const auto in_model = [&](const std::string& key) {
      return std::find_if(model.begin(), model.end(), [&](const auto& pair) { return pair.first == key; });
    };
    for (int step = 0; step < 6000; ++step) {
      // Waves of coming and of going.
      const bool adds = random() % 100 < (step / 1000 % 2 == 0 ? 80u : 20u);
      const std::string one = key(static_cast<int>(random() % 600));
      const auto expected = in_model(one);
      TextMap::Entry* const found = map.find(one);
      ASSERT_EQ(found != nullptr, expected != model.end()) << "seed " << seed << ", step " << step;
      if (found) {
        ASSERT_EQ(found->value, expected->second);
      }
      if (adds && !found) {
        const std::string value = "value " + std::to_string(step);
        ASSERT_EQ(map.add(one, value).value, value);
        model.emplace_back(one, value);
      } else if (!adds && found) {
        map.erase(*found);
        model.erase(expected);
      }
      ASSERT_EQ(map.size(), model.size());
      if (step % 100 == 0) {
        ASSERT_EQ(pairs_of(map), model) << "seed " << seed << ", step " << step;
      }
    }
    EXPECT_EQ(pairs_of(map), model);
  }
}

}  // namespace
}  // namespace shmoo::manager
