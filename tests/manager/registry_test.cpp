// Who keeps whom alive, seen from inside the server: counts, rings, long chains.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "share/manager/objects.hpp"
#include "support/manager_in_process.hpp"
#include "support/processes.hpp"

namespace shmoo::manager {
namespace {

/// A list of references, or of one.
struct Refers {
  std::vector<ObjectId> ids;
  friend void put(Buffer& out, const Refers& refers) {
    put_list(out, refers.ids.size());
    for (const ObjectId id : refers.ids) put(out, Refer{id});
  }
};

class References : public testing::Test {
 protected:
  template <class... Argument>
  ObjectId make(Type type, const Argument&... arguments) {
    const std::string id = server.call(0, kServer, Method::create, static_cast<int>(type), arguments...);
    EXPECT_EQ(server.error, ErrorKind::none) << id;
    return static_cast<ObjectId>(integer_of(id, "an id"));
  }
  void release(ObjectId id, std::size_t client = 0) { server.call(client, kServer, Method::release, id); }
  std::size_t size() const { return server.registry.size(); }
  void TearDown() override { EXPECT_TRUE(server.consistent()); }

  test::InProcessServer server;
};

TEST_F(References, an_id_tells_the_type) {
  for (const Type type : {Type::dict, Type::list, Type::queue, Type::lock, Type::space})
    EXPECT_EQ(type_of(make(type)), type);
  EXPECT_EQ(type_of(make(Type::value, 1)), Type::value);
  EXPECT_EQ(type_of(make(Type::array, 8, 10)), Type::array);
}

TEST_F(References, a_stored_object_lives_as_long_as_it_is_stored) {
  const ObjectId inner = make(Type::list);
  const ObjectId outer = make(Type::dict);
  server.call(0, outer, Method::setitem, "a", Refers{{inner, inner}});
  server.call(0, outer, Method::setitem, "b", Refer{inner});
  release(inner);
  EXPECT_EQ(size(), 2U);
  server.call(0, outer, Method::setitem, "a", nullptr);
  EXPECT_EQ(size(), 2U);
  server.call(0, outer, Method::delitem, "b");
  EXPECT_EQ(size(), 1U);
}

TEST_F(References, a_value_brings_a_reference_for_each_that_stands_in_it) {
  const ObjectId inner = make(Type::list);
  const ObjectId outer = make(Type::dict);
  server.call(0, outer, Method::setitem, "a", Refers{{inner, inner}});
  release(inner);
  server.call(1, outer, Method::pop, "a");
  EXPECT_EQ(size(), 2U) << "client 1 has two";
  release(inner, 1);
  EXPECT_EQ(size(), 2U);
  release(inner, 1);
  EXPECT_EQ(size(), 1U);
  release(inner, 1);
  EXPECT_EQ(server.error, ErrorKind::reference);
}

TEST_F(References, a_one_way_call_brings_none) {
  const ObjectId inner = make(Type::list);
  const ObjectId outer = make(Type::list, Refers{{inner}});
  release(inner);
  Buffer frame;
  RequestHeader header;
  header.flags = kOneWay;
  header.method = static_cast<std::uint8_t>(Method::pop);
  header.object = outer;
  frame.append(&header, sizeof header);
  Request request;
  std::string reason;
  ASSERT_EQ(next_frame(frame, request, reason), Frame::whole);
  server.carry_out(0, request);
  EXPECT_EQ(size(), 1U);
}

TEST_F(References, an_error_stores_nothing_and_keeps_nothing) {
  const ObjectId inner = make(Type::list);
  const ObjectId list = make(Type::list, Refers{{inner}});
  server.call(0, list, Method::setitem, 7, Refer{inner});
  EXPECT_EQ(server.error, ErrorKind::index);
  server.call(0, list, Method::setslice, 0, nullptr, Refers{{inner, inner}}, 2);
  EXPECT_EQ(server.error, ErrorKind::value);
  server.call(0, list, Method::append, Refer{inner + 0x10000});
  EXPECT_EQ(server.error, ErrorKind::reference);
  server.call(0, list, Method::extend, Refers{{inner, inner + 0x10000}});
  EXPECT_EQ(server.error, ErrorKind::reference);
  server.call(0, list, Method::clear);
  release(inner);
  EXPECT_EQ(size(), 1U);
}

TEST_F(References, every_way_into_and_out_of_a_list_is_counted) {
  const ObjectId list = make(Type::list);
  std::vector<ObjectId> inner;
  for (int i = 0; i < 8; ++i) inner.push_back(make(Type::list));
  server.call(0, list, Method::extend, Refers{inner});
  server.call(0, list, Method::repeat, 3);
  server.call(0, list, Method::insert, 2, Refer{inner[0]});
  server.call(0, list, Method::reverse);
  for (const ObjectId id : inner) release(id);
  EXPECT_EQ(size(), 9U);
  server.call(0, list, Method::delslice, nullptr, nullptr, -2);
  server.call(0, list, Method::remove, Refer{inner[7]});
  server.call(0, list, Method::setslice, 1, 4, Refers{});
  server.call(0, list, Method::pop);
  server.call(0, list, Method::repeat, 0);
  server.call(0, kServer, Method::objects);
  EXPECT_EQ(size(), 2U) << "what was popped is the client's";
}

TEST_F(References, a_ring_that_nobody_reaches_goes_and_one_that_somebody_reaches_stays) {
  const ObjectId a = make(Type::list);
  const ObjectId b = make(Type::dict);
  const ObjectId beside = make(Type::list);
  server.call(0, a, Method::append, Refer{b});
  server.call(0, b, Method::setitem, "a", Refer{a});
  server.call(0, b, Method::setitem, "self", Refer{b});
  server.call(0, b, Method::setitem, "beside", Refer{beside});
  release(b);
  release(beside);
  server.registry.collect();
  EXPECT_EQ(size(), 3U);
  release(a);
  EXPECT_EQ(size(), 3U) << "only a collection finds them";
  server.registry.collect();
  EXPECT_EQ(size(), 0U);
}

TEST_F(References, rings_are_collected_as_they_pile_up) {
  constexpr std::size_t rings = 20'000;
  std::size_t most = 0;
  for (std::size_t i = 0; i < rings; ++i) {
    const ObjectId list = make(Type::list);
    server.call(0, list, Method::append, Refer{list});
    release(list);
    most = std::max(most, size());
  }
  EXPECT_LT(most, rings / 4);
}

TEST_F(References, what_a_client_leaves_behind_in_rings_goes_with_it) {
  for (int i = 0; i < 10; ++i) {
    const std::string id = server.call(1, kServer, Method::create, static_cast<int>(Type::list));
    const auto list = static_cast<ObjectId>(integer_of(id, "an id"));
    server.call(1, list, Method::append, Refer{list});
  }
  EXPECT_EQ(size(), 10U);
  server.leave(1);
  EXPECT_EQ(size(), 0U);
}

TEST_F(References, items_that_wait_to_be_put_are_kept_and_given_back) {
  const ObjectId queue = make(Type::queue, 1);
  const ObjectId item = make(Type::list);
  server.call(0, queue, Method::put, 1, -1);
  server.call(1, queue, Method::put, Refer{item}, -1);
  EXPECT_EQ(server.parked(), 1U);
  release(item);
  EXPECT_EQ(size(), 2U);
  server.leave(1);
  EXPECT_EQ(size(), 1U);
}

TEST_F(References, an_item_goes_straight_to_who_waits_for_it) {
  const ObjectId queue = make(Type::queue);
  const ObjectId item = make(Type::list);
  server.call(1, queue, Method::get, -1);
  server.call(0, queue, Method::put, Refer{item}, -1);
  release(item);
  EXPECT_EQ(size(), 2U) << "client 1 has it";
  server.leave(1);
  EXPECT_EQ(size(), 1U);
}

TEST_F(References, a_queue_that_goes_answers_who_waits_and_lets_its_items_go) {
  const ObjectId queue = make(Type::queue, 1);
  const ObjectId item = make(Type::list);
  server.call(0, queue, Method::put, Refer{item}, -1);
  server.call(1, queue, Method::put, Refer{item}, -1);
  release(item);
  release(queue);
  EXPECT_EQ(server.parked(), 0U);
  EXPECT_EQ(size(), 0U);
}

/// As if a client had made them: each holds the one before.
ObjectId chain(Registry& registry, Holdings& owner, std::size_t length) {
  ObjectId last = 0;
  for (std::size_t i = 0; i < length; ++i) {
    Buffer arguments;
    put(arguments, static_cast<int>(Type::list));
    const std::size_t type = arguments.size();
    put(arguments, Refers{last ? std::vector<ObjectId>{last} : std::vector<ObjectId>{}});
    const std::array<Encoded, 2> both{arguments.view().substr(0, type), arguments.view().substr(type)};
    const ObjectId next = registry.add(make_object(both), Type::list, owner);
    if (last) registry.release(last, owner);
    last = next;
  }
  return last;
}

/// In a process of its own, which takes its memory with it.
TEST(Chains, a_chain_of_a_million_goes_without_a_deep_stack) {
  test::run_process([] {
    Registry registry([](const std::shared_ptr<Object>&) {}, 1);
    Holdings owner;
    const ObjectId last = chain(registry, owner, 1'000'000);
    registry.collect();
    test::require(registry.size() == 1'000'000, "all of it can be reached, and stays");
    registry.release(last, owner);
    registry.tidy();
    test::require(registry.size() == 0, "nothing is left");
  });
}

TEST(Chains, threads_make_link_and_release_objects_at_the_same_time) {
  Registry registry([](const std::shared_ptr<Object>&) {}, 1);
  std::array<Holdings, 4> holdings;
  std::atomic<ObjectId> latest{0};  // what any thread made last
  const auto work = [&](Holdings& own) {
    std::vector<ObjectId> held;
    for (int i = 0; i < 2000; ++i) {
      Buffer arguments;
      put(arguments, static_cast<int>(Type::list));
      const std::size_t type = arguments.size();
      const ObjectId other = latest;
      put(arguments, Refers{other ? std::vector<ObjectId>{other, other} : std::vector<ObjectId>{}});
      const std::array<Encoded, 2> both{arguments.view().substr(0, type), arguments.view().substr(type)};
      try {
        Registry::Pins pins;
        registry.pin(both, pins);
        held.push_back(registry.add(make_object(both), Type::list, own));
        latest = held.back();
        registry.attach(other, own);
        registry.grant(both[1], own);
        for (int k = 0; k < 3; ++k) registry.release(other, own);
      } catch (const ReferenceError&) {
        // The other one has gone meanwhile.
      }
      if (const auto object = registry.find(held.empty() ? 0 : held.front())) registry.settle(*object);
      if (held.size() > 20) {
        registry.release(held.front(), own);
        held.erase(held.begin());
      }
      registry.tidy();
      if (i % 100 == 0) registry.collect();
    }
  };
  std::vector<std::thread> threads;
  for (Holdings& own : holdings) threads.emplace_back([&work, &own] { work(own); });
  for (auto& thread : threads) thread.join();
  std::array<const Holdings*, 4> all{};
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = &holdings[i];
  EXPECT_TRUE(registry.consistent(all));
  for (Holdings& own : holdings) registry.release_all(own);
  registry.collect();
  EXPECT_EQ(registry.size(), 0U);
}

TEST_F(References, a_ring_of_a_hundred_thousand_goes) {
  const ObjectId first = make(Type::list);
  ObjectId last = first;
  for (int i = 0; i < 100'000; ++i) {
    const ObjectId next = make(Type::list, Refers{{last}});
    release(last);
    last = next;
  }
  server.call(0, first, Method::append, Refer{last});
  EXPECT_EQ(size(), 100'001U);
  release(last);
  server.registry.collect();
  EXPECT_EQ(size(), 0U);
}

}  // namespace
}  // namespace shmoo::manager
