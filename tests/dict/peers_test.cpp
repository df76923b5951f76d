// Peers: programs of others that we start. They end with us, whatever ends us, and leave nothing.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>

#include "posix/leftovers.hpp"
#include "share/dict/python_manager.hpp"
#include "share/dict/redis.hpp"
#include "support/processes.hpp"

namespace shmoo::dict {
namespace {

std::vector<std::filesystem::path> folders_of(pid_t maker) {
  std::vector<std::filesystem::path> found;
  for (const auto& place : posix::runtime_folders())
    for (const auto& entry : std::filesystem::directory_iterator(place))
      if (entry.path().filename().native().starts_with("shmoo." + std::to_string(maker) + "."))
        found.push_back(entry.path());
  return found;
}

bool lives(pid_t pid) {
  return ::kill(pid, 0) == 0;
}

template <class M>
class Peer : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = M::refusal({}); !reason.empty()) GTEST_SKIP() << reason;
  }
};
struct Names {
  template <class M>
  static std::string GetName(int) {
    return std::string(M::about.name);
  }
};
#ifdef SHMOO_HIREDIS
using Peers = testing::Types<Redis, PythonManager>;
#else
using Peers = testing::Types<PythonManager>;
#endif
TYPED_TEST_SUITE(Peer, Peers, Names);

TYPED_TEST(Peer, its_server_and_its_folder_end_with_the_handle) {
  pid_t server;
  {
    typename TypeParam::Type dict{Shape()};
    server = dict.servants().at(0);
    EXPECT_TRUE(lives(server));
    EXPECT_EQ(folders_of(::getpid()).size(), 1U);
    // Nobody else can come in.
    for (const auto& folder : folders_of(::getpid()))
      EXPECT_EQ(std::filesystem::status(folder).permissions(), std::filesystem::perms::owner_all);
  }
  EXPECT_FALSE(lives(server));
  EXPECT_TRUE(folders_of(::getpid()).empty());
}

TYPED_TEST(Peer, its_server_and_its_folder_go_with_a_creator_that_is_killed) {
  posix::Shared<std::atomic<pid_t>> server(0, 0);
  posix::Child creator([&] {
    typename TypeParam::Type dict{Shape()};
    dict.set("key", "value");
    server->store(dict.servants().at(0));
    posix::nap(std::chrono::hours(1));
  });
  test::wait_until([&] { return server->load() != 0; }, "the server runs");
  const pid_t pid = creator.pid();
  EXPECT_EQ(folders_of(pid).size(), 1U);
  creator.kill();
  ASSERT_TRUE(creator.join(test::patience()));
  test::wait_until([&] { return folders_of(pid).empty(); }, "the folder of an orphaned server goes");
  test::wait_until([&] { return !lives(server->load()); }, "an orphaned server goes");
}

TYPED_TEST(Peer, a_call_to_a_server_that_has_died_is_an_error) {
  typename TypeParam::Type dict{Shape()};
  dict.set("key", "value");
  ::kill(dict.servants().at(0), SIGKILL);
  const auto ask = [&] {
    // Nobody promises that the first call after the death meets it.
    for (const posix::Deadline deadline = test::patience(); !deadline.passed();) dict.set("key", "value");
  };
  // hiredis 0.14 writes without MSG_NOSIGNAL.
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  EXPECT_THROW(ask(), std::runtime_error);
  ::signal(SIGPIPE, before);
}

TEST(PythonManager, works_in_a_loop_of_its_own_and_says_what_it_wrote) {
  if (const std::string reason = PythonManager::refusal({}); !reason.empty()) GTEST_SKIP() << reason;
  PythonDict dict{Shape()};
  for (const char* workload : {"set", "update", "mixed", "get"}) {
    const Done done = dict.work(
        {.workload = workload, .member = 0, .procs = 1, .bytes = 64, .keys = 10, .batch = 5, .count = 50});
    if (done.wrong.empty()) {
      EXPECT_GT(done.ns, 0) << workload;
      EXPECT_EQ(done.last.size(), 10U);
    }
  }
  EXPECT_EQ(dict.size(), 10U);
  dict.set("key 3", std::string(64, 'x'));
  EXPECT_EQ(dict.work({.workload = "get", .procs = 1, .bytes = 64, .keys = 10, .count = 200}).wrong,
            "got a torn value of 'key 3'");
  EXPECT_THROW(dict.work({.workload = "no such"}), std::runtime_error);
}

}  // namespace
}  // namespace shmoo::dict
