// Many clients, large values, many keys, and clients that want more than their share.
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <random>
#include <thread>

#include "manager/stranger.hpp"
#include "manager/threads.hpp"
#include "posix/memory.hpp"
#include "share/manager/pipeline.hpp"
#include "share/manager/proxies.hpp"

namespace shmoo::manager {
namespace {

// Sanitizers have allocators of their own, which keep what was freed for a while.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr bool kOwnAllocator = true;
constexpr int kManyKeys = 100'000;
#else
constexpr bool kOwnAllocator = false;
constexpr int kManyKeys = 1'000'000;
#endif
constexpr std::size_t kMebibyte = 1 << 20;

class Load : public WithThreads {
 protected:
  Manager manager{options()};
};
INSTANTIATE_TEST_SUITE_P(server, Load, kThreadCounts, threads_in_name);

TEST_P(Load, two_hundred_clients_at_once_each_get_their_own) {
  constexpr int processes = 4;
  constexpr int threads = 50;
  const Dict shared(manager);
  const Value sum(manager, 0);
  posix::Shared<std::atomic<int>> there(0, 0);
  test::run_processes(processes, [&](int i) {
    std::vector<std::jthread> clients;
    std::atomic<int> wrong = 0;
    for (int t = 0; t < threads; ++t)
      clients.emplace_back([&, t] {
        try {
          const std::string mine = std::to_string(i * threads + t);
          shared.set(mine, -1);
          ++*there;
          test::wait_until([&] { return there->load() == processes * threads; }, "all clients are there");
          for (int k = 0; k < 5; ++k) {
            shared.set(mine, k);
            if (shared.get(mine) != k) ++wrong;
            sum.add(1);
          }
        } catch (const std::exception&) {
          ++wrong;
        }
      });
    clients.clear();
    test::require(wrong == 0, "a client was not served, or read what it did not write");
  });
  EXPECT_EQ(shared.size(), static_cast<std::size_t>(processes * threads));
  EXPECT_EQ(sum.get(), processes * threads * 5);
  test::wait_until([&] { return manager.objects() == 2; }, "nothing is left of them");
}

TEST_P(Load, values_of_a_mebibyte_pass_whole_between_many) {
  const List list(manager, json::array({"", "", "", ""}));
  const Queue queue(manager, 2);
  const auto large = [](int i, int k) {
    std::string value(kMebibyte, static_cast<char>('a' + i));
    return value.replace(0, 8, std::to_string(10'000'000 + k));
  };
  test::run_processes(4, [&](int i) {
    for (int k = 0; k < 10; ++k) {
      list.set(i, large(i, k));
      test::require(list.get(i) == large(i, k), "a large value comes back as it was");
      if (i % 2 == 0)
        queue.put(large(i, k));
      else
        test::require(queue.get().get<std::string>().size() == kMebibyte, "a large item passes whole");
    }
  });
  EXPECT_EQ(queue.size(), 0U);
}

TEST_P(Load, the_memory_of_many_keys_is_given_back) {
  constexpr int together = 1000;
  const auto resident = [&] { return posix::resident_memory(manager.pid()); };
  const auto fill = [&](const Dict& dict) {
    Pipeline pipeline(manager);
    std::vector<std::size_t> calls;
    for (int k = 0; k < kManyKeys; k += together) {
      json some = json::object();
      for (int i = k; i < k + together; ++i) some["key number " + std::to_string(i)] = i;
      calls.push_back(pipeline.add(dict.reference(), Method::update, some));
      pipeline.send();
    }
    for (const auto call : calls) ASSERT_EQ(pipeline.take(call), nullptr);
    ASSERT_EQ(dict.size(), static_cast<std::size_t>(kManyKeys));
  };
  const std::uint64_t before = resident();
  {
    const Dict dict(manager);
    const Value stays(manager, "allocated after the keys would keep them from the end of the heap");
    ASSERT_NO_FATAL_FAILURE(fill(dict));
    const Value late(manager, "as would this");
    const std::uint64_t full = resident();
    dict.clear();
    EXPECT_EQ(dict.size(), 0U);
    if (!kOwnAllocator) {
      EXPECT_GT(full, before + 50 * kMebibyte) << "so much was there";
      test::wait_until([&] { return resident() < before + (full - before) / 4; }, "memory is given back");
    }
    ASSERT_NO_FATAL_FAILURE(fill(dict));
  }
  EXPECT_EQ(manager.objects(), 0U);
  if (!kOwnAllocator)
    test::wait_until([&] { return resident() < before + 50 * kMebibyte; },
                     "an object's memory is given back");
}

TEST_P(Load, locks_and_queues_survive_clients_that_are_killed_at_any_moment) {
  constexpr int clients = 6;
  const Lock lock(manager);
  const Queue queue(manager, 3);
  const Value turns(manager, 0);
  std::mt19937 random(3);
  const auto busy = [&](int i) {
    for (;;) {
      lock.acquire();
      turns.add(1);
      lock.release();
      try {
        if (i % 2 == 0)
          queue.put(i, posix::Deadline::in(std::chrono::milliseconds(1)));
        else
          queue.get(posix::Deadline::in(std::chrono::milliseconds(1)));
      } catch (const Full&) {
      } catch (const Empty&) {
      }
    }
  };
  std::vector<posix::Child> children;
  for (int i = 0; i < clients; ++i) children.emplace_back([&, i] { busy(i); });
  std::int64_t seen = 0;
  for (int round = 0; round < 40; ++round) {
    // Somebody gets the lock, whoever died with it or waiting for it.
    test::wait_until([&] { return turns.get() > seen + 5; }, "the lock goes on");
    seen = turns.get();
    const auto victim = random() % clients;
    children[victim].kill();
    ASSERT_TRUE(children[victim].join(test::patience()));
    children[victim] = posix::Child([&, victim] { busy(static_cast<int>(victim)); });
  }
  children.clear();
  EXPECT_TRUE(lock.acquire(test::patience()));
  lock.release();
  test::wait_until(
      [&] {
        try {
          queue.put("last", posix::Deadline::now());
        } catch (const Full&) {
        }
        return queue.get(test::patience()) == "last";
      },
      "the queue takes and gives");
  EXPECT_EQ(manager.objects(), 3U);
}

/// The state letter of process `pid` as /proc has it.
char state_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  const auto name_end = text.rfind(')');
  return name_end + 2 < text.size() ? text[name_end + 2] : '?';
}

// One thread, so that both clients are served by the same.
TEST(Fairness, a_client_that_sends_much_at_once_leaves_the_others_their_turn) {
  const Manager manager(Manager::Options{.threads = 1});
  const List list(manager);
  const Stranger greedy(manager);
  const Stranger modest(manager);
  for (const Stranger* client : {&greedy, &modest}) {
    ASSERT_TRUE(client->say(request(Method::echo, {"hello"})));
    EXPECT_EQ(client->reply(), encoded("hello"));
  }
  // Both lie in their sockets when the server gets to look.
  ASSERT_EQ(::kill(manager.pid(), SIGSTOP), 0);
  test::wait_until([&] { return state_of(manager.pid()) == 'T'; }, "the server stops");
  const std::string one = request(Method::append, {1}, list.id());
  constexpr int many = 1800;  // as many as fit into one receive
  std::string all;
  for (int i = 0; i < many; ++i) all += one;
  const auto sent = posix::send_now(greedy.fd(), all.data(), all.size());
  ASSERT_EQ(sent.bytes, all.size());
  ASSERT_TRUE(modest.say(request(Method::len, {}, list.id())));
  ASSERT_EQ(::kill(manager.pid(), SIGCONT), 0);

  const auto done = integer_of(modest.reply(), "a length");
  EXPECT_LE(done, 300) << "the modest client's one call came after that many of the greedy one's";
  for (int i = 0; i < many; ++i) greedy.reply();
  EXPECT_EQ(list.size(), static_cast<std::size_t>(many)) << "which were carried out all the same";
}

TEST(Fairness, a_client_that_never_reads_does_not_hold_up_another_of_its_loop) {
  const Manager manager(Manager::Options{.threads = 1});
  const Value large(manager, std::string(100'000, 'x'));
  const Dict dict(manager);
  posix::Child slow([&] {
    const Stranger greedy(manager);
    std::string requests;
    for (int i = 0; i < 1000; ++i) requests += request(Method::get, {}, large.id());
    for (;;)
      if (!greedy.say(requests)) return;  // until it is killed: soon nobody takes them any more
  });
  for (int k = 0; k < 500; ++k) {
    dict.set("key", k);
    ASSERT_EQ(dict.get("key"), k);
  }
}

}  // namespace
}  // namespace shmoo::manager
