// dict, list, value and array through proxies: the methods, their results and their errors, held to those of
// Python's types.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manager/transports.hpp"
#include "share/manager/manager.hpp"
#include "share/manager/proxies.hpp"

namespace shmoo::manager {
namespace {

using testing::HasSubstr;

class Containers : public OverEachTransport {
 protected:
  Manager manager{options()};
};
SHMOO_OVER_EACH_TRANSPORT(Containers);

/// The text of the exception of type E that `act` throws; "" when it throws none.
template <class E, class Act>
std::string error_of(Act act) {
  try {
    act();
  } catch (const E& error) {
    return error.what();
  }
  return "";
}

TEST_P(Containers, a_dict_gives_back_every_kind_of_value) {
  const Dict dict(manager);
  const json values = {{"null", nullptr},
                       {"yes", true},
                       {"no", false},
                       {"integer", INT64_MIN},
                       {"natural", UINT64_MAX},
                       {"real", 11.24},
                       {"text", "grün\0x"},
                       {"empty", ""},
                       {"bytes", json::binary({0, 1, 255})},
                       {"list", {1, {2, {3}}, json::array()}},
                       {"dict", {{"a", {{"b", 1}}}, {"c", json::object()}}}};
  for (const auto& [key, value] : values.items()) dict.set(key, value);
  for (const auto& [key, value] : values.items()) EXPECT_EQ(dict.get(key), value) << key;
  EXPECT_EQ(dict.copy(), values);
  EXPECT_EQ(dict.size(), values.size());
}

TEST_P(Containers, a_dict_has_the_methods_of_pythons) {
  const Dict dict(manager, {{"a", 10}, {"b", 20}});
  dict.set("c", 30);
  dict.set("a", 11);
  EXPECT_EQ(dict.get("a"), 11);
  EXPECT_EQ(dict.get("z", "none"), "none");
  EXPECT_TRUE(dict.contains("c"));
  EXPECT_FALSE(dict.contains("z"));
  EXPECT_THAT(dict.keys(), testing::UnorderedElementsAre("a", "b", "c"));
  EXPECT_THAT(dict.values().get<std::vector<int>>(), testing::UnorderedElementsAre(11, 20, 30));
  EXPECT_EQ(dict.items().size(), 3U);
  for (const json& item : dict.items()) EXPECT_EQ(dict.get(item[0].get<std::string>()), item[1]);
  dict.update({{"b", 21}, {"d", 40}});
  EXPECT_EQ(dict.copy(), json({{"a", 11}, {"b", 21}, {"c", 30}, {"d", 40}}));
  EXPECT_EQ(dict.pop("d"), 40);
  EXPECT_EQ(dict.pop("d", -1), -1);
  EXPECT_EQ(dict.setdefault("e", 50), 50);
  EXPECT_EQ(dict.setdefault("e", 51), 50);
  dict.erase("e");
  EXPECT_EQ(dict.size(), 3U);
  dict.clear();
  EXPECT_EQ(dict.size(), 0U);
  EXPECT_EQ(dict.copy(), json::object());
}

TEST_P(Containers, a_missing_key_is_a_key_error_that_names_the_key) {
  const Dict dict(manager);
  EXPECT_THAT(error_of<KeyError>([&] { dict.get("lost"); }), HasSubstr("'lost'"));
  EXPECT_THROW(dict.erase("lost"), KeyError);
  EXPECT_THROW(dict.pop("lost"), KeyError);
  EXPECT_EQ(dict.size(), 0U);
}

TEST_P(Containers, a_list_has_the_methods_of_pythons) {
  const List list(manager, {1, 2, 3});
  EXPECT_EQ(list.get(0), 1);
  EXPECT_EQ(list.get(-1), 3);
  list.set(-2, "two");
  list.append(4);
  list.extend({5, 6});
  EXPECT_EQ(list.copy(), json({1, "two", 3, 4, 5, 6}));
  list.insert(0, 0);
  list.insert(-1, 5.5);
  list.insert(100, 7);
  list.insert(-100, -1);
  EXPECT_EQ(list.copy(), json({-1, 0, 1, "two", 3, 4, 5, 5.5, 6, 7}));
  EXPECT_EQ(list.pop(), 7);
  EXPECT_EQ(list.pop(0), -1);
  list.erase(0);
  list.remove("two");
  EXPECT_EQ(list.copy(), json({1, 3, 4, 5, 5.5, 6}));
  EXPECT_EQ(list.index(4), 2U);
  list.append(4.0);
  EXPECT_EQ(list.count(4), 2U) << "1 and 1.0 are equal";
  EXPECT_TRUE(list.contains(5.5));
  EXPECT_FALSE(list.contains("5.5"));
  list.reverse();
  EXPECT_EQ(list.copy(), json({4, 6, 5.5, 5, 4, 3, 1}));
  EXPECT_EQ(list.size(), 7U);
  list.clear();
  EXPECT_EQ(list.size(), 0U);
}

/// What Python's list(range(10))[start:stop:step] is, for all bounds near and beyond the ends.
TEST_P(Containers, slices_are_cut_as_python_cuts_them) {
  const List list(manager, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  EXPECT_EQ(list.slice(nullptr, nullptr), list.copy());
  EXPECT_EQ(list.slice(2, 5), json({2, 3, 4}));
  EXPECT_EQ(list.slice(-3, nullptr), json({7, 8, 9}));
  EXPECT_EQ(list.slice(nullptr, -8), json({0, 1}));
  EXPECT_EQ(list.slice(5, 2), json::array());
  EXPECT_EQ(list.slice(-100, 100), list.copy());
  EXPECT_EQ(list.slice(100, 200), json::array());
  EXPECT_EQ(list.slice(1, 8, 3), json({1, 4, 7}));
  EXPECT_EQ(list.slice(nullptr, nullptr, -1), json({9, 8, 7, 6, 5, 4, 3, 2, 1, 0}));
  EXPECT_EQ(list.slice(7, 2, -2), json({7, 5, 3}));
  EXPECT_EQ(list.slice(2, nullptr, -1), json({2, 1, 0}));
  EXPECT_EQ(list.slice(nullptr, nullptr, INT64_MAX), json({0}));
  EXPECT_EQ(list.slice(nullptr, nullptr, INT64_MIN), json({9}));
  EXPECT_THROW(list.slice(0, 1, 0), ValueError);
}

TEST_P(Containers, a_slice_is_replaced_by_any_number_of_values) {
  const List list(manager, {0, 1, 2, 3});
  list.set_slice(1, 3, {"a", "b", "c"});
  EXPECT_EQ(list.copy(), json({0, "a", "b", "c", 3}));
  list.set_slice(nullptr, 1, json::array());
  EXPECT_EQ(list.copy(), json({"a", "b", "c", 3}));
  list.set_slice(100, nullptr, {4});
  EXPECT_EQ(list.copy(), json({"a", "b", "c", 3, 4}));
  list.erase_slice(1, -1);
  EXPECT_EQ(list.copy(), json({"a", 4}));
}

TEST_P(Containers, an_extended_slice_is_replaced_by_as_many_values_as_it_has) {
  const List list(manager, {0, 1, 2, 3, 4, 5});
  list.set_slice(nullptr, nullptr, {"a", "b", "c"}, 2);
  EXPECT_EQ(list.copy(), json({"a", 1, "b", 3, "c", 5}));
  list.set_slice(nullptr, nullptr, {5, 4, 3, 2, 1, 0}, -1);
  EXPECT_EQ(list.copy(), json({0, 1, 2, 3, 4, 5}));
  EXPECT_THROW(list.set_slice(nullptr, nullptr, {1, 2}, 2), ValueError);
  EXPECT_THROW(list.set_slice(0, 1, {1, 2}, 100), ValueError);
  EXPECT_THROW(list.set_slice(0, 1, {1}, 0), ValueError);
  EXPECT_EQ(list.copy(), json({0, 1, 2, 3, 4, 5})) << "an error changes nothing";
  list.erase_slice(nullptr, nullptr, -2);
  EXPECT_EQ(list.copy(), json({0, 2, 4}));
  list.erase_slice(nullptr, nullptr, 2);
  EXPECT_EQ(list.copy(), json::array({2}));
  list.set_slice(0, 1, {7}, 5);
  EXPECT_EQ(list.copy(), json::array({7}));
}

TEST_P(Containers, a_list_is_sorted_as_python_sorts) {
  const List numbers(manager, {3, -1.5, 2U, INT64_MIN, UINT64_MAX, 0.5, -0.0, 0, 1e30, INT64_MAX});
  numbers.sort();
  EXPECT_EQ(numbers.copy(), json({INT64_MIN, -1.5, -0.0, 0, 0.5, 2, 3, INT64_MAX, UINT64_MAX, 1e30}));
  numbers.sort(true);
  EXPECT_EQ(numbers.copy(), json({1e30, UINT64_MAX, INT64_MAX, 3, 2, 0.5, -0.0, 0, -1.5, INT64_MIN}));
  const List texts(manager, {"b", "", "a", "ab", "\xC3\xA4", "B"});
  texts.sort();
  EXPECT_EQ(texts.copy(), json({"", "B", "a", "ab", "b", "\xC3\xA4"}));
  const List lists(manager, {{2, "x"}, {1, "z"}, {1, "y"}, json::array({1})});
  lists.sort();
  EXPECT_EQ(lists.copy(), json({json::array({1}), {1, "y"}, {1, "z"}, {2, "x"}}));
  const List bytes(manager, {json::binary({2}), json::binary({1, 255}), json::binary({1})});
  bytes.sort();
  EXPECT_EQ(bytes.copy(), json({json::binary({1}), json::binary({1, 255}), json::binary({2})}));
}

TEST_P(Containers, large_integers_and_reals_are_compared_without_rounding) {
  const std::int64_t large = (std::int64_t{1} << 53) + 1;
  const List list(manager, {large, 0x1p53, large - 2});
  EXPECT_EQ(list.count(0x1p53), 1U);
  EXPECT_EQ(list.index(0x1p53), 1U);
  list.sort();
  EXPECT_EQ(list.index(large), 2U);
}

TEST_P(Containers, values_that_cannot_be_compared_leave_the_list_as_it_was) {
  for (const json& mixed : {json{3, 1, "2"}, json{"b", "a", nullptr}, json{2, 1, {{"a", 1}}},
                            json{nullptr, nullptr}, json{{2, 1}, {1, "x"}, {1, 2}}, json{2, true}}) {
    const List list(manager, mixed);
    EXPECT_THAT(error_of<TypeError>([&] { list.sort(); }), HasSubstr("have no order")) << mixed;
    EXPECT_THROW(list.sort(true), TypeError);
    EXPECT_EQ(list.copy(), mixed);
  }
  const List one(manager, json::array({nullptr}));
  one.sort();
  EXPECT_THROW(one.call(Method::sort, 1), TypeError);
}

TEST_P(Containers, equality_looks_into_lists_and_dicts) {
  const List list(manager, {{1, {{"a", 2.0}}}, {{"x", 1}, {"y", {1, 2}}}, json::binary({1}), "1", true});
  EXPECT_EQ(list.index({1.0, {{"a", 2}}}), 0U);
  EXPECT_EQ(list.index({{"y", {1.0, 2.0}}, {"x", 1.0}}), 1U);
  EXPECT_EQ(list.index(json::binary({1})), 2U);
  EXPECT_EQ(list.index("1"), 3U);
  EXPECT_FALSE(list.contains(1)) << "neither a text nor a bool is a number";
  EXPECT_FALSE(list.contains({{"x", 1}}));
  list.remove({{"y", {1, 2}}, {"x", 1}});
  EXPECT_EQ(list.size(), 4U);
}

TEST_P(Containers, a_list_is_searched_within_bounds_and_repeated) {
  const List list(manager, {1, 2, 1, 2});
  EXPECT_EQ(list.index(1, 1), 2U);
  EXPECT_EQ(list.index(2, -1), 3U);
  EXPECT_EQ(list.index(2, nullptr, 2), 1U);
  EXPECT_THROW(list.index(2, 0, 1), ValueError);
  EXPECT_THROW(list.index(2, 3, 1), ValueError);
  list.erase_slice(2, nullptr);
  list += {3};
  list *= 2;
  EXPECT_EQ(list.copy(), json({1, 2, 3, 1, 2, 3}));
  EXPECT_THROW(list *= INT64_MAX, ValueError);
  EXPECT_EQ(list.size(), 6U);
  list *= -1;
  EXPECT_EQ(list.size(), 0U);
}

TEST_P(Containers, a_list_may_change_while_it_is_walked) {
  const List list(manager, {1, 2, 3});
  std::vector<int> seen;
  for (const json& item : list) {
    seen.push_back(item.get<int>());
    if (item == 1) list.append(4);
    if (item == 2) list.erase(0);
  }
  EXPECT_EQ(seen, (std::vector<int>{1, 2, 4})) << "as Python's list: by position";
  const Dict dict(manager, {{"a", 1}, {"b", 2}});
  for (const std::string& key : dict.keys()) dict.pop(key);
  EXPECT_EQ(dict.size(), 0U);
  for (const json& item : List(manager)) ADD_FAILURE() << item;
}

TEST_P(Containers, popitem_takes_the_last_one) {
  const Dict dict(manager, {{"b", 2}});
  dict.set("a", 1);
  dict.set("b", 3);  // stays where it is
  EXPECT_EQ(dict.popitem(), json::array({"a", 1}));
  EXPECT_EQ(dict.popitem(), json::array({"b", 3}));
  EXPECT_THROW(dict.popitem(), KeyError);
}

TEST_P(Containers, a_dict_keeps_the_order_in_which_its_keys_came) {
  const Dict dict(manager);
  for (const char* key : {"c", "a", "d", "b"}) dict.set(key, key);
  dict.set("a", 1);
  dict.erase("d");
  dict.setdefault("d", 4);
  EXPECT_THAT(dict.keys(), testing::ElementsAre("c", "a", "b", "d"));
  EXPECT_EQ(dict.values(), json::array({"c", 1, "b", 4}));
}

TEST_P(Containers, a_namespace_has_attributes) {
  const Namespace space(manager, {{"x", 1}});
  space.set("y", {1, 2});
  space.set("x", "changed");
  EXPECT_EQ(space.get("x"), "changed");
  EXPECT_EQ(space.get<std::vector<int>>("y"), (std::vector<int>{1, 2}));
  EXPECT_TRUE(space.contains("x"));
  EXPECT_EQ(space.names(), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(space.copy(), json({{"x", "changed"}, {"y", {1, 2}}}));
  space.erase("x");
  EXPECT_THAT(error_of<AttributeError>([&] { space.get("x"); }), HasSubstr("no attribute 'x'"));
  EXPECT_THROW(space.erase("x"), AttributeError);
  EXPECT_THROW(space.call(Method::getitem, "y"), MethodError);
  EXPECT_THROW(Namespace(manager, {1, 2}), TypeError);
  EXPECT_EQ(space.names().size(), 1U);
}

TEST_P(Containers, an_index_beyond_the_list_is_an_index_error) {
  const List list(manager, {1, 2});
  EXPECT_THAT(error_of<IndexError>([&] { list.get(2); }), HasSubstr("index 2 of 2"));
  EXPECT_THROW(list.get(-3), IndexError);
  EXPECT_THROW(list.set(2, 0), IndexError);
  EXPECT_THROW(list.erase(INT64_MIN), IndexError);
  EXPECT_THROW(list.pop(5), IndexError);
  EXPECT_THROW(List(manager).pop(), IndexError);
  EXPECT_THROW(list.remove("absent"), ValueError);
  EXPECT_THROW(list.index("absent"), ValueError);
  EXPECT_EQ(list.copy(), json({1, 2})) << "an error changes nothing";
}

TEST_P(Containers, what_was_fetched_is_a_copy) {
  const Dict dict(manager, {{"list", {1, 2}}});
  json list = dict.get("list");
  list.push_back(3);
  EXPECT_EQ(dict.get("list"), json({1, 2}));
}

TEST_P(Containers, a_value_adds_and_swaps_in_one_step) {
  const Value value(manager, 40);
  EXPECT_EQ(value.add(2), 42);
  EXPECT_EQ(value.get(), 42);
  EXPECT_EQ(value.add(0.5), 42.5);
  value.set("text");
  EXPECT_THROW(value.add(1), TypeError);
  EXPECT_FALSE(value.swap("other", 1));
  EXPECT_TRUE(value.swap("text", 1));
  EXPECT_EQ(value.get(), 1);
}

TEST_P(Containers, an_array_is_zero_at_first_and_keeps_its_length) {
  const Array<double> array(manager, 4);
  EXPECT_EQ(array.size(), 4U);
  EXPECT_EQ(array.slice(0, 4), std::vector<double>(4, 0.0));
  array.set(0, 1.5);
  array.set(-1, 4.5);
  EXPECT_EQ(array.get(0), 1.5);
  EXPECT_EQ(array.get(3), 4.5);
  const std::vector<double> two{7, 8};
  array.set_slice(1, 3, two);
  EXPECT_EQ(array.slice(0, 4), (std::vector<double>{1.5, 7, 8, 4.5}));
  EXPECT_EQ(array.slice(-3, -1), two);
  EXPECT_EQ(array.slice(-1), std::vector<double>{4.5});
  EXPECT_EQ(array.slice(4), std::vector<double>{});
  EXPECT_THROW(array.slice(-5, 1), IndexError);
  EXPECT_THROW(array.slice(3, 1), IndexError);
  EXPECT_THROW(Array<std::int32_t>(array.reference()).get(0), TypeError) << "of another size";
  EXPECT_THROW(array.get(4), IndexError);
  EXPECT_THROW(array.set(-5, 0), IndexError);
  EXPECT_THROW(array.slice(1, 5), IndexError);
  EXPECT_THROW(array.set_slice(0, 3, two), ValueError);
  EXPECT_EQ(array.slice(0, 4), (std::vector<double>{1.5, 7, 8, 4.5}));
  EXPECT_THROW(Array<double>(manager, kMaxBody), ValueError);
}

TEST_P(Containers, a_method_that_a_type_does_not_expose_is_refused) {
  const Dict dict(manager);
  EXPECT_THAT(error_of<MethodError>([&] { dict.call(Method::append, 1); }),
              HasSubstr("dict has no method 'append'"));
  EXPECT_THROW(dict.call(static_cast<Method>(200)), MethodError);
  EXPECT_THROW(dict.call(Method::shutdown), MethodError) << "the server's own methods are not an object's";
  EXPECT_THROW(Proxy(dict.reference()).call(static_cast<Method>(0)), MethodError);
}

TEST_P(Containers, arity_and_types_have_errors_of_their_own) {
  const Dict dict(manager);
  EXPECT_THAT(error_of<ArityError>([&] { dict.call(Method::setitem, "key"); }),
              HasSubstr("dict.setitem takes 2 arguments, not 1"));
  EXPECT_THROW(dict.call(Method::len, 1), ArityError);
  EXPECT_THAT(error_of<TypeError>([&] { dict.call(Method::getitem, 5); }),
              HasSubstr("must be a text, not an integer"));
  EXPECT_THROW(dict.update({1, 2}), TypeError);
  EXPECT_THROW(List(manager).extend(5), TypeError);
  EXPECT_THROW(List(manager).call(Method::getitem, "0"), TypeError);
  EXPECT_THROW(manager.create(static_cast<Type>(99)), ValueError);
  EXPECT_THROW(manager.create(Type::lock, 1), ArityError);
}

TEST_P(Containers, values_of_a_mebibyte_and_of_nothing_are_whole) {
  const Dict dict(manager);
  json::binary_t large;
  for (int i = 0; i < (1 << 20); ++i) large.push_back(static_cast<std::uint8_t>(i * 7 + i / 251));
  dict.set("large", json::binary(large));
  dict.set("", json::binary({}));
  EXPECT_EQ(dict.get("large").get_binary(), large);
  EXPECT_EQ(dict.get("").get_binary().size(), 0U);
}

TEST_P(Containers, what_is_too_long_or_too_deep_is_refused_before_it_is_sent) {
  const Dict dict(manager);
  EXPECT_THROW(dict.set("key", json::binary(std::vector<std::uint8_t>(kMaxBody))), ValueError);
  json deep;
  for (int i = 0; i <= kMaxDepth; ++i) deep = json::array({deep});
  EXPECT_THROW(dict.set("key", deep), ValueError);
  EXPECT_EQ(dict.size(), 0U);
  dict.set("key", deep[0]);
  EXPECT_EQ(dict.get("key"), deep[0]);
}

}  // namespace
}  // namespace shmoo::manager
