// Proxies in containers, as clients see them: live, counted, and given back whoever dies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <map>
#include <random>
#include <thread>

#include "share/manager/manager.hpp"
#include "share/manager/pipeline.hpp"
#include "share/manager/proxies.hpp"
#include "support/processes.hpp"

namespace shmoo::manager {
namespace {

using testing::HasSubstr;

class Nested : public testing::Test {
 protected:
  void expect_objects(std::size_t count) {
    test::wait_until([&] { return manager.objects() == count; },
                     "objects go with the last who refers to them");
  }
  Manager manager;
};

TEST_F(Nested, a_proxy_that_was_stored_is_live) {
  const Dict dict(manager);
  const List list(manager, {1});
  dict.set("list", list);
  dict.get<List>("list").append(2);
  EXPECT_EQ(list.copy(), json({1, 2}));
  list.append(3);
  EXPECT_EQ(dict.get<List>("list").copy(), json({1, 2, 3}));
  EXPECT_EQ(dict.get<List>("list"), list) << "the same object";
}

TEST_F(Nested, a_list_in_a_dict_in_a_list) {
  const List outer(manager);
  {
    const Dict middle(manager);
    outer.append(middle);
    middle.set("inner", List(manager, {"deep"}));
  }
  EXPECT_EQ(outer.get<Dict>(0).get<List>("inner").get(0), "deep");
  outer.get<Dict>(0).get<List>("inner").append("deeper");
  EXPECT_EQ(outer.get<Dict>(0).get<List>("inner").size(), 2U);
  EXPECT_EQ(manager.objects(), 3U);
  outer.clear();
  EXPECT_EQ(manager.objects(), 1U);
}

TEST_F(Nested, values_and_proxies_mix_at_any_depth) {
  const Dict dict(manager);
  const List list(manager, {1, 2, 3});
  dict.set("mixed",
           {{"name", "x"}, {"where", {{"rows", list}, {"again", {0, list}}}}, {"bytes", json::binary({1})}});
  const json mixed = dict.get("mixed");
  EXPECT_EQ(mixed["name"], "x");
  EXPECT_EQ(as<List>(mixed["where"]["rows"]).size(), 3U);
  EXPECT_EQ(mixed["where"]["again"][1].get<List>(), list);
  EXPECT_EQ(mixed["where"]["rows"], mixed["where"]["again"][1]);
  EXPECT_EQ(mixed["where"]["rows"], json(list));
  EXPECT_TRUE(is_reference(mixed["where"]["rows"]));
  EXPECT_FALSE(is_reference(mixed["bytes"]));
  dict.set("copy", mixed);
  as<List>(dict.get("copy")["where"]["rows"]).append(4);
  EXPECT_EQ(list.size(), 4U);
  EXPECT_EQ(dict.items().size(), 2U);
}

TEST_F(Nested, an_object_is_made_with_proxies_in_it) {
  const List list(manager, {1});
  const List outer(manager, json::array({list, 5, list}));
  const Dict dict(manager, {{"list", list}});
  const Namespace space(manager, {{"list", list}});
  const Value value(manager, list);
  value.get<List>().append(2);
  EXPECT_EQ(outer.get<List>(0).size() + dict.get<List>("list").size() + space.get<List>("list").size(), 6U);
  EXPECT_EQ(outer.count(list), 2U);
  EXPECT_EQ(outer.index(list, 1), 2U);
  EXPECT_TRUE(outer.contains(list));
  EXPECT_FALSE(outer.contains(outer));
}

TEST_F(Nested, what_was_fetched_outlives_where_it_stood) {
  const Dict dict(manager, {{"list", List(manager, {1})}});
  const List fetched = dict.get<List>("list");
  dict.clear();
  EXPECT_EQ(fetched.get(0), 1);
  const json leaf = List(manager, {2});
  EXPECT_EQ(as<List>(leaf).get(0), 2) << "a leaf keeps its object as a proxy does";
  EXPECT_EQ(manager.objects(), 3U);
}

TEST_F(Nested, a_stored_proxy_outlives_the_client_that_stored_it) {
  const Dict dict(manager);
  test::run_process([&] {
    const List list(manager, {1, 2});
    dict.set("list", list);
    dict.set("both", {list, List(manager, {3})});
  });
  EXPECT_EQ(dict.get<List>("list").copy(), json({1, 2}));
  EXPECT_EQ(as<List>(dict.get("both")[1]).get(0), 3);
  expect_objects(3);
  dict.erase("both");
  EXPECT_EQ(manager.objects(), 2U);
}

TEST_F(Nested, a_child_stores_what_it_inherited) {
  const Dict dict(manager);
  auto list = std::make_unique<List>(manager, json{1});
  test::Flag stored;
  test::Flag dropped;
  posix::Child child([&] {
    dict.set("list", {{"deep", *list}});
    stored.raise();
    dropped.await("the parent drops its proxy");
    list->append(2);
  });
  stored.await("the child stores the proxy");
  list.reset();
  dropped.raise();
  ASSERT_TRUE(child.join(test::patience()));
  EXPECT_TRUE(child.ending().good());
  EXPECT_EQ(as<List>(dict.get("list")["deep"]).size(), 2U);
  dict.clear();
  expect_objects(1);
}

TEST_F(Nested, a_container_may_hold_itself) {
  {
    const Dict dict(manager);
    dict.set("self", dict);
    dict.get<Dict>("self").get<Dict>("self").set("key", 1);
    EXPECT_EQ(dict.get("key"), 1);
    const List list(manager);
    list.append(list);
    list.append({{"list", list}, {"dict", dict}});
    EXPECT_EQ(as<List>(list.get<List>(0).get(1)["list"]), list);
    EXPECT_EQ(manager.objects(), 2U);
  }
  EXPECT_EQ(manager.objects(), 0U);
}

TEST_F(Nested, a_ring_of_a_client_that_is_killed_goes) {
  test::Flag made;
  posix::Child client([&] {
    const List list(manager);
    const Dict dict(manager, {{"list", list}});
    list.append(dict);
    made.raise();
    posix::nap(std::chrono::hours(1));
  });
  made.await("the client makes its ring");
  EXPECT_EQ(manager.objects(), 2U);
  client.kill();
  ASSERT_TRUE(client.join(test::patience()));
  expect_objects(0);
}

TEST_F(Nested, a_proxy_of_another_type_is_a_type_error) {
  const Dict dict(manager, {{"list", List(manager)}, {"number", 5}, {"bytes", json::binary({1})}});
  EXPECT_THROW(dict.get<Dict>("list"), TypeError);
  EXPECT_THROW(dict.get<List>("number"), TypeError);
  EXPECT_THROW(dict.get<List>("bytes"), TypeError);
  EXPECT_THROW(Queue(dict.reference()), TypeError);
  try {
    dict.get<Queue>("list");
    ADD_FAILURE() << "a list is no queue";
  } catch (const TypeError& error) {
    EXPECT_THAT(error.what(), HasSubstr("is a list, not a queue"));
  }
  EXPECT_EQ(dict.get<int>("number"), 5);
  EXPECT_THROW(List(manager, dict), TypeError) << "a proxy is no list of values";
  EXPECT_THROW(Value(manager, dict).add(1), TypeError);
}

TEST_F(Nested, a_reference_to_what_does_not_exist_is_refused_and_nothing_stored) {
  const Dict dict(manager);
  const ObjectId nobody = dict.id() + 0x100000;
  EXPECT_THROW(dict.call(Method::setitem, "key", Refer{nobody}), ReferenceError);
  EXPECT_THROW(dict.call(Method::setitem, "key", Refer{kServer}), ReferenceError);
  EXPECT_THROW(manager.create(Type::value, Refer{nobody}), ReferenceError);
  EXPECT_EQ(dict.size(), 0U);
  const Manager other;
  EXPECT_THROW(dict.set("key", Dict(other)), ReferenceError) << "of another server";
}

TEST_F(Nested, proxies_travel_through_queues_between_processes) {
  const Queue queue(manager, 2);
  const Queue done(manager);
  posix::Child worker([&] {
    for (;;) {
      const json item = queue.get();
      if (item.is_null()) return;
      as<List>(item["list"]).append(::getpid());
      done.put(item);
    }
  });
  for (int i = 0; i < 50; ++i) {
    const List list(manager, {i});
    queue.put({{"list", list}});
  }
  queue.put(nullptr);
  for (int i = 0; i < 50; ++i) {
    const List list = as<List>(done.get()["list"]);
    EXPECT_EQ(list.copy(), json({i, worker.pid()}));
  }
  ASSERT_TRUE(worker.join(test::patience()));
  EXPECT_TRUE(worker.ending().good());
  expect_objects(2);
}

TEST_F(Nested, a_getter_that_is_killed_takes_no_object_with_it) {
  const Queue queue(manager);
  for (int round = 0; round < 10; ++round) {
    posix::Child getter([&] {
      for (;;) queue.get();
    });
    for (int i = 0; i < 20; ++i) queue.put(List(manager));
    getter.kill();
    ASSERT_TRUE(getter.join(test::patience()));
  }
  while (!queue.empty()) queue.get();
  expect_objects(1);
}

TEST_F(Nested, answers_that_nobody_takes_leave_no_reference) {
  const Dict dict(manager, {{"list", List(manager)}});
  for (int i = 0; i < 20; ++i) {
    Pipeline pipeline(manager);
    for (int k = 0; k < 5; ++k) pipeline.add(dict.reference(), Method::getitem, "list");
    const auto last = pipeline.add(dict.reference(), Method::copy);
    pipeline.send();
    if (i % 2 == 0) {
      EXPECT_TRUE(is_reference(pipeline.take(last)["list"]));
    }
  }
  EXPECT_EQ(manager.objects(), 2U);
  dict.clear();
  EXPECT_EQ(manager.objects(), 1U);
}

TEST_F(Nested, pipelined_calls_carry_proxies) {
  const Dict dict(manager);
  const List list(manager, {1});
  Pipeline pipeline(manager);
  pipeline.add(dict.reference(), Method::setitem, "a", list);
  const auto fetched = pipeline.add(dict.reference(), Method::getitem, "a");
  pipeline.send();
  EXPECT_EQ(as<List>(pipeline.take(fetched)), list);
}

/// Our own encoder never writes that, others may: the second counts, the first is given back.
TEST_F(Nested, a_key_that_stands_twice_in_a_value_does_no_harm) {
  const Dict dict(manager);
  {
    const List first(manager);
    const List second(manager, {2});
    Buffer twice;
    put_dict(twice, 2);
    for (const List& list : {first, second}) {
      put(twice, std::string_view("key"));
      put(twice, list.reference());
    }
    dict.call(Method::setitem, "value", Raw{twice.view()});
    dict.call(Method::update, Raw{twice.view()});
  }
  EXPECT_EQ(as<List>(dict.get("value")["key"]).get(0), 2);
  EXPECT_EQ(dict.get<List>("key").get(0), 2);
  EXPECT_EQ(manager.objects(), 3U);
  dict.clear();
  EXPECT_EQ(manager.objects(), 1U);
}

TEST_F(Nested, what_is_as_deep_as_may_be_can_be_fetched_with_all_that_is_around_it) {
  json deep = List(manager, {1});
  for (int i = 0; i < kMaxDepth; ++i) deep = json::array({deep});
  const Dict dict(manager);
  dict.set("deep", deep);
  EXPECT_EQ(dict.get("deep"), deep);
  EXPECT_EQ(dict.copy()["deep"], deep);
  EXPECT_EQ(dict.items()[0][1], deep);
  EXPECT_EQ(dict.values()[0], deep);
  EXPECT_EQ(dict.popitem()[1], deep);
  EXPECT_THROW(dict.set("deep", json::array({deep})), ValueError);
  deep = nullptr;
  EXPECT_EQ(manager.objects(), 1U);
}

TEST_F(Nested, every_method_that_gives_a_value_gives_live_proxies) {
  const Dict dict(manager);
  const auto fresh = [&] { return json(List(manager, {1})); };
  const auto live = [](const json& value) { return as<List>(value).get(0) == 1; };
  dict.set("a", fresh());
  EXPECT_TRUE(live(dict.get("b", fresh())));
  EXPECT_TRUE(live(dict.setdefault("a", fresh())));
  EXPECT_TRUE(live(dict.setdefault("b", fresh())));
  EXPECT_TRUE(live(dict.pop("a")));
  EXPECT_TRUE(live(dict.pop("a", fresh())));
  EXPECT_TRUE(live(dict.popitem()[1]));
  const List list(manager, json::array({fresh(), fresh(), fresh()}));
  EXPECT_TRUE(live(list.slice(nullptr, nullptr, -1)[2]));
  EXPECT_TRUE(live(list.pop()));
  for (const json& item : list) EXPECT_TRUE(live(item));
  const Value value(manager, fresh());
  EXPECT_TRUE(value.swap(value.get(), fresh())) << "the same object is the same value";
  EXPECT_FALSE(value.swap(fresh(), 1));
  EXPECT_TRUE(live(value.get()));
  EXPECT_EQ(manager.objects(), 3U + 3U);
}

TEST_F(Nested, threads_share_nested_proxies) {
  const Dict root(manager, {{"counts", List(manager, {0})}, {"lock", Lock(manager)}});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        const List counts = root.get<List>("counts");
        const Lock lock = root.get<Lock>("lock");
        lock.acquire();
        counts.set(0, counts.get<int>(0) + 1);
        lock.release();
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(root.get<List>("counts").get(0), 200);
  EXPECT_EQ(manager.objects(), 3U);
}

TEST_F(Nested, values_pass_to_and_from_plain_json) {
  const nlohmann::json plain = {{"list", {1, 2}}, {"bytes", nlohmann::json::binary({1, 2})}, {"text", "x"}};
  const Dict dict(manager);
  dict.set("value", plain);
  EXPECT_EQ(dict.get("value")["bytes"], json::binary({1, 2}));
  const nlohmann::json back = dict.get("value");
  EXPECT_EQ(back, plain);
}

// Many clients that nest, fetch, drop and die
// ----------------------------------------------------------------

/// The objects that stand in a container, which nobody changes meanwhile.
json content_of(const json& leaf) {
  switch (type_of(leaf.get_binary().reference().id())) {
    case Type::dict:
      return as<Dict>(leaf).copy();
    case Type::list:
      return as<List>(leaf).copy();
    case Type::space:
      return as<Namespace>(leaf).copy();
    case Type::value:
      return as<Value>(leaf).get();
    case Type::queue: {
      json items = json::array();
      const auto queue = as<Queue>(leaf);
      for (auto left = queue.size(); left > 0; --left) {
        items.push_back(queue.get());
        queue.put(items.back());
      }
      return items;
    }
    default:
      return nullptr;
  }
}

void leaves_in(const json& value, std::vector<json>& leaves) {
  if (is_reference(value)) leaves.push_back(value);
  if (value.is_structured())
    for (const json& item : value) leaves_in(item, leaves);
}

/// All that can be reached from `root`, itself included; they are all held when this returns.
std::map<ObjectId, json> reachable(const Proxy& root) {
  std::map<ObjectId, json> found;
  std::vector<json> next{leaf_of(root.reference())};
  while (!next.empty()) {
    const json leaf = next.back();
    next.pop_back();
    if (!found.emplace(leaf.get_binary().reference().id(), leaf).second) continue;
    leaves_in(content_of(leaf), next);
  }
  return found;
}

json new_object(const Manager& manager, unsigned kind) {
  switch (kind % 5) {
    case 0:
      return Dict(manager);
    case 1:
      return List(manager);
    case 2:
      return Namespace(manager);
    case 3:
      return Value(manager);
    default:
      return Queue(manager);
  }
}

void store_in(const json& leaf, const json& value, const std::string& key) {
  switch (type_of(leaf.get_binary().reference().id())) {
    case Type::dict:
      return as<Dict>(leaf).set(key, value);
    case Type::list:
      return as<List>(leaf).append(value);
    case Type::space:
      return as<Namespace>(leaf).set(key, value);
    case Type::value:
      return as<Value>(leaf).set(value);
    default:
      return as<Queue>(leaf).put(value);
  }
}

/// Takes something out, or fetches it.
json fetch_from(const json& leaf, const std::string& key, bool take) {
  switch (type_of(leaf.get_binary().reference().id())) {
    case Type::dict:
      return take ? as<Dict>(leaf).pop(key, nullptr) : as<Dict>(leaf).copy();
    case Type::list:
      return take ? as<List>(leaf).pop(0) : as<List>(leaf).slice(0, 3);
    case Type::space:
      if (!take) return as<Namespace>(leaf).copy();
      as<Namespace>(leaf).erase(key);
      return nullptr;
    case Type::value:
      if (take) as<Value>(leaf).set(nullptr);
      return as<Value>(leaf).get();
    default:
      return as<Queue>(leaf).get(posix::Deadline::now());
  }
}

void live_and_die(const Manager& manager, const Dict& root, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<json> held;
  const auto one_of_ours = [&]() -> const json& { return held[random() % held.size()]; };
  const unsigned end = 50 + random() % 200;
  for (unsigned step = 0; step < end; ++step) {
    const std::string key(1, static_cast<char>('a' + random() % 8));
    try {
      switch (held.empty() ? random() % 2 : random() % 8) {
        case 0:
          held.push_back(new_object(manager, random()));
          break;
        case 1:
          leaves_in(root.get(key, nullptr), held);
          break;
        case 2:
          root.set(key, random() % 2 ? one_of_ours() : json{{"x", {one_of_ours(), one_of_ours()}}});
          break;
        case 3:
          store_in(one_of_ours(), json{1, one_of_ours(), {{"y", one_of_ours()}}}, key);
          break;
        case 4:
          leaves_in(fetch_from(one_of_ours(), key, random() % 2), held);
          break;
        case 5:
          root.pop(key, nullptr);
          break;
        default:
          held.erase(held.begin() + static_cast<std::ptrdiff_t>(random() % held.size()));
      }
    } catch (const Error& error) {
      // An empty queue or list, a name that is not there.
      test::require(error.kind() != ErrorKind::reference, "a proxy that is held lost its object");
      test::require(error.kind() != ErrorKind::none && error.kind() != ErrorKind::protocol,
                    "the server is gone");
    }
    if (held.size() > 30) held.resize(10);
  }
  if (random() % 2) ::raise(SIGKILL);
}

TEST_F(Nested, only_what_is_still_held_remains_of_clients_that_nest_fetch_drop_and_die) {
  const Dict root(manager);
  for (unsigned round = 0; round < 6; ++round) {
    std::vector<posix::Child> clients;
    for (unsigned i = 0; i < 5; ++i)
      clients.emplace_back([&, i] { live_and_die(manager, root, round * 100 + i); });
    for (auto& client : clients) {
      ASSERT_TRUE(client.join(test::patience())) << "a client hangs";
      EXPECT_TRUE(client.ending().good() || client.ending().signal == SIGKILL) << client.ending().text();
    }
    const auto found = reachable(root);
    test::wait_until([&] { return manager.objects() == found.size(); }, "just what can be reached remains");
  }
  root.clear();
  EXPECT_EQ(manager.objects(), 1U);
}

}  // namespace
}  // namespace shmoo::manager
