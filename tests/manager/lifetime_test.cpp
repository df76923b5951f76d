// Who keeps what alive, and what is left after each kind of death: nothing.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <optional>
#include <thread>

#include "manager/transports.hpp"
#include "posix/leftovers.hpp"
#include "posix/poll.hpp"
#include "posix/server_process.hpp"
#include "share/manager/manager.hpp"
#include "share/manager/proxies.hpp"
#include "support/processes.hpp"

namespace shmoo::manager {
namespace {

namespace fs = std::filesystem;

/// Folders of servers that `creator` made.
std::vector<fs::path> folders_of(pid_t creator) {
  std::vector<fs::path> found;
  for (const auto& place : posix::runtime_folders())
    for (const auto& entry : fs::directory_iterator(place))
      if (entry.path().filename().native().starts_with("shmoo." + std::to_string(creator) + "."))
        found.push_back(entry.path());
  return found;
}

/// False for a process that has ended, also while nobody has reaped it.
bool lives(pid_t pid) {
  try {
    return !posix::readable(posix::watch_process(pid).get());
  } catch (const std::system_error&) {
    return false;
  }
}

void expect_objects(const Client& client, std::size_t count) {
  test::wait_until([&] { return client.objects() == count; }, "objects of the dead go");
}

class Lifetime : public OverEachTransport {};
SHMOO_OVER_EACH_TRANSPORT(Lifetime);

TEST_P(Lifetime, nothing_is_left_after_a_manager) {
  pid_t server = 0;
  fs::path socket;
  {
    const Manager manager(options());
    server = manager.pid();
    socket = manager.address(Transport::socket);
    EXPECT_TRUE(fs::exists(socket));
    EXPECT_EQ(fs::status(socket).permissions(), fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(fs::status(socket.parent_path()).permissions(), fs::perms::owner_all);
    Dict(manager).set("key", 1);
  }
  EXPECT_FALSE(lives(server));
  EXPECT_FALSE(fs::exists(socket.parent_path()));
}

TEST_P(Lifetime, shutdown_is_enough_and_may_be_repeated) {
  Manager manager(options());
  const Dict dict(manager);
  manager.shutdown();
  EXPECT_FALSE(manager.alive());
  EXPECT_TRUE(folders_of(::getpid()).empty());
  EXPECT_THROW(dict.set("key", 1), std::runtime_error);
  manager.shutdown();
}

TEST_P(Lifetime, shutdown_ends_a_server_that_does_not_answer) {
  Manager manager(options());
  ::kill(manager.pid(), SIGSTOP);
  manager.shutdown();
  EXPECT_FALSE(manager.alive());
}

TEST_P(Lifetime, a_call_under_way_when_the_server_dies_is_told) {
  Manager manager(options());
  const Dict dict(manager);
  const Queue queue(manager);
  test::Flag connected;
  posix::Child waiting([&] {
    static_cast<void>(queue.size());
    connected.raise();
    try {
      queue.get();
    } catch (const ConnectionLost&) {
      return;
    }
    test::require(false, "an answer from nowhere");
  });
  connected.await("the client");
  ::kill(manager.pid(), SIGKILL);
  EXPECT_THROW(dict.set("key", 1), ConnectionLost);
  ASSERT_TRUE(waiting.join(test::patience()));
  EXPECT_TRUE(waiting.ending().good()) << waiting.ending().text();
}

TEST_P(Lifetime, managers_follow_each_other_rapidly) {
  for (int i = 0; i < 20; ++i) {
    const Manager manager(options());
    const Dict dict(manager);
    dict.set("round", i);
    EXPECT_EQ(dict.get("round"), i);
  }
}

TEST_P(Lifetime, a_server_can_be_restarted_at_one_address_at_once) {
  const posix::PrivateFolder folder(1);
  const std::string path = folder.path() + "/s";
  Manager::Options there = options();
  there.key = "of them all";
  std::optional<Client> client;
  Reference of_the_first;
  {
    const Manager first(path, there);
    client.emplace(client_of(first));
    if (transport() == Transport::tcp) there.tcp = Address::parse(first.address()).place.text();
    EXPECT_THROW((Manager{path, there}), std::system_error) << "somebody listens there";
    of_the_first = Dict(*client, {{"key", 1}}).reference();
    EXPECT_EQ(Dict(of_the_first).get("key"), 1);
  }
  for (int i = 0; i < 5; ++i) {
    Manager next(path, there);
    EXPECT_THROW(Dict(of_the_first).get("key"), Error)
        << "a proxy of an earlier server finds nothing in this one";
    EXPECT_EQ(Dict(*client, {{"key", 2}}).get("key"), 2);
    if (i % 2 == 0) ::kill(next.pid(), SIGKILL);  // its socket stays and is replaced
  }
}

TEST_P(Lifetime, the_server_goes_with_a_creator_that_is_killed) {
  posix::Shared<std::atomic<pid_t>> server(0, 0);
  posix::Child creator([&] {
    const Manager manager(options());
    Dict(manager).set("key", 1);
    server->store(manager.pid());
    posix::nap(std::chrono::hours(1));
  });
  test::wait_until([&] { return server->load() != 0; }, "the server runs");
  EXPECT_EQ(folders_of(creator.pid()).size(), 1U);
  const pid_t pid = creator.pid();
  creator.kill();
  ASSERT_TRUE(creator.join(test::patience()));
  test::wait_until([&] { return folders_of(pid).empty(); }, "the folder of an orphaned server goes");
  test::wait_until([&] { return !lives(server->load()); }, "an orphaned server goes");
}

TEST_P(Lifetime, the_server_goes_with_a_creator_that_just_exits) {
  posix::Shared<std::atomic<pid_t>> server(0, 0);
  posix::Child creator([&] {
    const Manager manager(options());
    server->store(manager.pid());
    posix::leave(0);
  });
  const pid_t pid = creator.pid();
  ASSERT_TRUE(creator.join(test::patience()));
  test::wait_until([&] { return folders_of(pid).empty() && !lives(server->load()); }, "the server goes");
}

TEST_P(Lifetime, a_server_outlives_the_thread_that_made_it_and_a_ctrl_c) {
  if (test::kThreadSanitizer && GetParam().threads > 1)
    GTEST_SKIP() << "the sanitizer allows no threads in a child that a process with threads has forked";
  std::unique_ptr<Manager> manager;
  std::thread([&] { manager = std::make_unique<Manager>(options()); }).join();
  EXPECT_EQ(manager->objects(), 0U);
  ::kill(manager->pid(), SIGINT);
  ::kill(manager->pid(), SIGHUP);
  const Dict dict(*manager, {{"key", 1}});
  EXPECT_EQ(dict.get("key"), 1);
}

TEST_P(Lifetime, sigterm_ends_a_server_and_removes_its_folder) {
  Manager manager(options());
  EXPECT_EQ(manager.objects(), 0U);
  ::kill(manager.pid(), SIGTERM);
  test::wait_until([&] { return !manager.alive(); }, "the server ends");
  EXPECT_TRUE(folders_of(::getpid()).empty());
}

TEST_P(Lifetime, a_child_uses_what_it_inherits_but_does_not_end_the_server) {
  auto manager = std::make_unique<Manager>(options());
  const Dict dict(*manager, {{"key", 1}});
  test::run_process([&] {
    test::require(dict.get("key") == 1, "an inherited proxy works");
    dict.set("key", 2);
    manager->shutdown();
    manager.reset();
  });
  EXPECT_EQ(dict.get("key"), 2);
  EXPECT_TRUE(manager->alive());
}

TEST_P(Lifetime, only_the_creator_may_shut_the_server_down) {
  const Manager manager(options());
  test::run_process([&] {
    bool refused = false;
    try {
      ask(Place::link(manager.place()), kServer, Method::shutdown).value();
    } catch (const PermissionError&) {
      refused = true;
    }
    test::require(refused, "a stranger's shutdown was not refused");
  });
  EXPECT_EQ(manager.objects(), 0U);
}

TEST_P(Lifetime, an_object_goes_with_its_last_proxy) {
  const Manager manager(options());
  {
    const Dict dict(manager);
    const Dict copy = dict;
    const List list(manager);
    EXPECT_EQ(manager.objects(), 2U);
  }
  EXPECT_EQ(manager.objects(), 0U);
}

TEST_P(Lifetime, an_object_lives_in_a_child_after_the_parent_has_dropped_it) {
  const Manager manager(options());
  auto dict = std::make_unique<Dict>(manager, json{{"key", 1}});
  test::Flag attached;
  test::Flag dropped;
  posix::Child child([&] {
    const Dict mine = *dict;
    test::require(mine.get("key") == 1, "an inherited proxy works");
    attached.raise();
    dropped.await("the parent drops its proxy");
    test::require(mine.get("key") == 1, "a child's reference keeps the object");
  });
  attached.await("the child has its reference");
  dict.reset();
  EXPECT_EQ(manager.objects(), 1U);
  dropped.raise();
  ASSERT_TRUE(child.join(test::patience()));
  EXPECT_TRUE(child.ending().good());
  expect_objects(manager, 0);
}

TEST_P(Lifetime, what_a_killed_client_held_is_given_back) {
  const Manager manager(options());
  test::Flag made;
  posix::Child client([&] {
    std::vector<Dict> dicts;
    for (int i = 0; i < 100; ++i) dicts.emplace_back(manager);
    posix::Child heir([] { posix::nap(std::chrono::hours(1)); });  // inherits the connection
    made.raise();
    heir.join();
  });
  made.await("the client has made its objects");
  EXPECT_EQ(manager.objects(), 100U);
  client.kill();
  ASSERT_TRUE(client.join(test::patience()));
  expect_objects(manager, 0);
}

TEST_P(Lifetime, a_second_client_finds_an_object_by_address_and_id) {
  const Manager manager(options());
  const Dict dict(manager, {{"key", 1}});
  test::run_process([client = client_of(manager), id = dict.id()] {
    const Dict same(client.attach(id));
    test::require(same.get("key") == 1, "the same object");
    EXPECT_THROW(client.attach(id + 1000), ReferenceError);
  });
  EXPECT_EQ(manager.objects(), 1U);
}

TEST_P(Lifetime, threads_come_and_go_without_costing_objects) {
  const Manager manager(options());
  std::unique_ptr<Dict> dict;
  std::thread([&] { dict = std::make_unique<Dict>(manager, json{{"key", 0}}); }).join();
  for (int i = 0; i < 10; ++i) std::thread([&] { dict->set("key", dict->get("key").get<int>() + 1); }).join();
  EXPECT_EQ(dict->get("key"), 10);
  std::vector<std::thread> threads;
  const Value sum(manager, 0);
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) sum.add(1);
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(sum.get(), 800);
}

TEST_P(Lifetime, the_server_keeps_no_descriptor_of_its_creator) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const posix::Fd read_end(ends[0]);
  posix::Fd write_end(ends[1]);
  const Manager manager(options());
  write_end.reset();
  char byte;
  EXPECT_EQ(::read(read_end.get(), &byte, 1), 0) << "nobody else holds the pipe open";
}

}  // namespace
}  // namespace shmoo::manager
