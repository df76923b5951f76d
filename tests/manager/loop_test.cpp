// Loops by themselves: letters, and objects that another loop is busy with.
#include <gtest/gtest.h>

#include <thread>

#include "manager/stranger.hpp"
#include "posix/server_process.hpp"
#include "share/manager/loop.hpp"
#include "support/processes.hpp"

namespace shmoo::manager {
namespace {

class Loops : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 3; ++i) loops.push_back(std::make_unique<Loop>(house));
    for (const auto& loop : loops) threads.emplace_back([&loop] { loop->run(); });
  }
  void TearDown() override { end(); }
  void end() {
    ending = true;
    for (const auto& loop : loops) loop->wake();
    threads.clear();
  }

  /// A client of loop `i`.
  Stranger client_of(std::size_t i) {
    int ends[2];
    posix::check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "make a socket pair");
    loops[i]->adopt(std::make_shared<Connection>(std::make_unique<SocketWire>(posix::Fd(ends[0])),
                                                 sessions.enter(0), *loops[i]));
    return Stranger(posix::Fd(ends[1]));
  }
  static ObjectId make_value(const Stranger& client, const json& value) {
    client.say(request(Method::create, {static_cast<int>(Type::value), value}));
    return static_cast<ObjectId>(integer_of(client.reply(), "an object's id"));
  }

  std::atomic<bool> ending = false;
  Calls calls{posix::own_pid(), false, [] {}};
  Sessions sessions{[](Session&) {}, [](const std::shared_ptr<Session>&) {}};
  Tidy tidy;
  Loop::House house{calls, sessions, tidy, ending, [] {}};
  std::vector<std::unique_ptr<Loop>> loops;
  std::vector<std::jthread> threads;
};

TEST_F(Loops, letters_are_run_once_on_the_loops_own_thread_in_order) {
  constexpr int letters = 10'000;
  std::array<std::vector<int>, 3> read;
  std::atomic<int> strangers = 0;
  std::atomic<int> count = 0;
  for (int k = 0; k < letters; ++k)
    for (std::size_t i = 0; i < loops.size(); ++i)
      loops[i]->post([&, i, k] {
        if (Loop::here() != loops[i].get()) ++strangers;
        read[i].push_back(k);
        ++count;
      });
  test::wait_until([&] { return count == 3 * letters; }, "all letters are read");
  end();
  EXPECT_EQ(strangers, 0);
  for (const auto& one : read)
    for (int k = 0; k < letters; ++k) ASSERT_EQ(one[static_cast<std::size_t>(k)], k);
}

TEST_F(Loops, a_call_of_a_busy_object_holds_up_its_own_client_alone) {
  const Stranger owner = client_of(0);
  const Stranger patient = client_of(1);
  const Stranger neighbour = client_of(1);
  const ObjectId busy = make_value(owner, "busy");
  const ObjectId other = make_value(owner, "other");
  const auto object = calls.registry().find(busy);
  object->turn.lock();  // as another loop does in a call
  ASSERT_TRUE(patient.say(request(Method::get, {}, busy) + request(Method::get, {}, other)));
  for (int k = 0; k < 100; ++k) {
    ASSERT_TRUE(neighbour.say(request(Method::get, {}, other)));
    ASSERT_EQ(neighbour.reply(), encoded("other"));
  }
  char byte;
  EXPECT_EQ(posix::receive_now(patient.fd(), &byte, 1).state, posix::Transfer::would_block);
  object->turn.unlock();
  EXPECT_EQ(patient.reply(), encoded("busy"));
  EXPECT_EQ(patient.reply(), encoded("other")) << "in the order of the requests";
}

TEST_F(Loops, what_a_client_sent_before_its_end_is_carried_out_though_the_object_was_busy) {
  const Stranger owner = client_of(0);
  const ObjectId busy = make_value(owner, 0);
  const auto object = calls.registry().find(busy);
  object->turn.lock();
  const Stranger neighbour = client_of(2);
  {
    const Stranger brief = client_of(2);
    ASSERT_TRUE(brief.say(request(Method::add, {1}, busy) + request(Method::add, {10}, busy)));
    ASSERT_TRUE(neighbour.say(request(Method::echo, {1})));
    neighbour.reply();
  }
  ASSERT_TRUE(neighbour.say(request(Method::echo, {2})));
  neighbour.reply();
  object->turn.unlock();
  test::wait_until([&] { return loops[2]->load() == 1; }, "the client's connection is closed");
  ASSERT_TRUE(owner.say(request(Method::get, {}, busy)));
  EXPECT_EQ(owner.reply(), encoded(11));
}

}  // namespace
}  // namespace shmoo::manager
