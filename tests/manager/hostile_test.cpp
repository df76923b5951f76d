// Clients that break the protocol, and clients that are many: each costs its own connection and nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <random>

#include "manager/stranger.hpp"
#include "manager/transports.hpp"
#include "share/manager/manager.hpp"
#include "share/manager/proxies.hpp"
#include "support/processes.hpp"

namespace shmoo::manager {
namespace {

using testing::HasSubstr;

class Hostile : public OverEachTransport {
 protected:
  /// What the server says to such bytes before it closes the connection: one goodbye.
  std::string goodbye_to(std::string_view bytes) {
    const Stranger client(manager);
    client.say(bytes);
    const std::string said = client.rest();
    ReplyHeader header;
    if (said.size() < sizeof header) return "nothing";
    std::memcpy(&header, said.data(), sizeof header);
    EXPECT_EQ(header.status, static_cast<std::uint8_t>(Status::goodbye));
    EXPECT_EQ(header.bytes, said.size() - sizeof header);
    return said.substr(sizeof header);
  }
  void TearDown() override {
    EXPECT_EQ(dict.get("key"), 1) << "others go on";
    EXPECT_TRUE(manager.alive());
  }
  Manager manager{options()};
  Dict dict{manager, {{"key", 1}}};
};
SHMOO_OVER_EACH_TRANSPORT(Hostile);

TEST_P(Hostile, a_bad_frame_closes_its_connection_with_a_reason) {
  RequestHeader header;
  header.magic = 'G';
  EXPECT_THAT(goodbye_to(frame(header, "")), HasSubstr("no request of this version"));
  header = {};
  header.bytes = 0xFFFFFFFF;
  EXPECT_THAT(goodbye_to(frame(header, "")), HasSubstr("too long"));
  header = {};
  header.flags = 0x80;
  EXPECT_THAT(goodbye_to(frame(header, "")), HasSubstr("unknown flags"));
  header = {};
  header.arguments = 200;
  EXPECT_THAT(goodbye_to(frame(header, "")), HasSubstr("too many arguments"));
  header = {};
  header.bytes = 1;
  EXPECT_THAT(goodbye_to(frame(header, "x")), HasSubstr("bytes left over"));
  EXPECT_THAT(goodbye_to("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), HasSubstr("no request"));
}

TEST_P(Hostile, a_malformed_value_closes_its_connection_with_a_reason) {
  const auto with_body = [&](std::string_view body) {
    RequestHeader header;
    header.method = static_cast<std::uint8_t>(Method::echo);
    header.arguments = 1;
    header.bytes = static_cast<std::uint32_t>(body.size());
    return goodbye_to(frame(header, body));
  };
  const std::string four_billion("\xFF\xFF\xFF\xFF", 4);
  EXPECT_THAT(with_body(""), HasSubstr("malformed"));
  EXPECT_THAT(with_body("\x63"), HasSubstr("malformed")) << "no such tag";
  EXPECT_THAT(with_body("\x03xyz"), HasSubstr("malformed")) << "half an integer";
  EXPECT_THAT(with_body("\x06" + four_billion + "abc"), HasSubstr("malformed"))
      << "a text longer than its frame";
  EXPECT_THAT(with_body("\x08" + four_billion), HasSubstr("malformed")) << "a list of more than there is";
  EXPECT_THAT(with_body("\x09" + four_billion), HasSubstr("malformed"));
  std::string deep;
  for (int i = 0; i <= kMaxDepth; ++i) deep += std::string("\x08\x01\0\0\0", 5);
  EXPECT_THAT(with_body(deep + '\0'), HasSubstr("too deep"));
  const std::string number_as_key = std::string("\x09\x01\0\0\0", 5) + encoded(1) + encoded(2);
  EXPECT_THAT(with_body(number_as_key), HasSubstr("malformed"));
}

TEST_P(Hostile, requests_before_a_bad_frame_are_answered) {
  const Stranger client(manager);
  client.say(request(Method::setitem, {"key", 1}, dict.id()) + "garbage that is long enough");
  const std::string said = client.rest();
  ReplyHeader first;
  std::memcpy(&first, said.data(), sizeof first);
  EXPECT_EQ(first.request, 7U);
  EXPECT_EQ(first.status, static_cast<std::uint8_t>(Status::value));
  EXPECT_THAT(said, HasSubstr("no request"));
}

TEST_P(Hostile, a_truncated_frame_costs_its_connection_only) {
  const std::string whole = request(Method::echo, {std::string(100, 'x')});
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    const Stranger client(manager);
    client.say(std::string_view(whole).substr(0, bytes));
    client.half_close();
    EXPECT_EQ(client.rest(), "");
  }
}

TEST_P(Hostile, a_half_closed_client_still_gets_its_replies) {
  const Stranger client(manager);
  client.say(request(Method::echo, {"last"}));
  client.half_close();
  EXPECT_THAT(client.rest(), HasSubstr("last"));
}

TEST_P(Hostile, a_client_that_speaks_byte_by_byte_is_served_and_holds_nobody_up) {
  const Stranger slow(manager);
  const std::string whole = request(Method::echo, {"slow but right"});
  for (const char byte : whole) {
    ASSERT_TRUE(slow.say({&byte, 1}));
    EXPECT_EQ(dict.get("key"), 1);
  }
  EXPECT_THAT(slow.read(sizeof(ReplyHeader) + encoded("slow but right").size()), HasSubstr("slow but right"));
}

TEST_P(Hostile, a_client_that_never_reads_holds_nobody_up_and_is_served_no_further) {
  const Value large(manager, std::string(100'000, 'x'));
  const List marks(manager);
  const Stranger greedy(manager);
  // Each small request asks for 100 kB. All of them fit what lies between us, unread.
  std::string requests;
  for (int i = 0; i < 400; ++i) {
    requests += request(Method::get, {}, large.id());
    requests += request(Method::append, {i}, marks.id());
  }
  ASSERT_TRUE(greedy.say(requests));
  EXPECT_EQ(dict.get("key"), 1);
  EXPECT_LT(marks.size(), 350U) << "the server stops at about a mebibyte of unread replies";
  const std::size_t reply = sizeof(ReplyHeader) + encoded(std::string(100'000, 'x')).size();
  for (int i = 0; i < 400; ++i) greedy.read(reply + sizeof(ReplyHeader) + 1);
  EXPECT_EQ(marks.size(), 400U) << "and goes on as they are read";
}

TEST_P(Hostile, too_many_calls_of_one_client_do_not_wait) {
  const Queue queue(manager);
  const Stranger client(manager);
  std::string requests;
  for (int i = 0; i < 300; ++i) requests += request(Method::get, {-1}, queue.id());
  client.say(requests);
  ReplyHeader header;
  const std::string said = client.read(sizeof header);
  std::memcpy(&header, said.data(), sizeof header);
  EXPECT_EQ(header.error, static_cast<std::uint8_t>(ErrorKind::memory));
}

TEST_P(Hostile, random_bytes_and_damaged_frames_do_no_harm) {
  std::mt19937 random(1);
  const std::string good = request(Method::setitem, {"other", {1, {{"two", "three"}}, 4.5}}, dict.id());
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = good + good;
    if (round % 4 == 0)
      for (char& byte : bytes) byte = static_cast<char>(random());
    else
      for (int flips = 0; flips <= round % 5; ++flips)
        bytes[random() % bytes.size()] = static_cast<char>(random());
    const Stranger client(manager);
    client.say(bytes);
    client.half_close();
    client.rest();
  }
  dict.set("key", 1);
}

TEST_P(Hostile, a_reply_that_would_be_too_long_is_an_error_and_not_a_frame) {
  for (int i = 0; i < 5; ++i) dict.set(std::to_string(i), std::string(15 << 20, 'x'));
  EXPECT_THROW(dict.copy(), ValueError);
  EXPECT_EQ(dict.size(), 6U);
}

TEST_P(Hostile, a_process_of_another_user_is_refused) {
  if (transport() == Transport::tcp) GTEST_SKIP() << "there the key decides";
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  const std::filesystem::path socket = manager.address(Transport::socket);
  const auto as_nobody = [&](auto act) {
    test::run_process([&] {
      test::require(::setuid(65534) == 0, "become nobody");
      act();
    });
  };
  as_nobody([&] { EXPECT_THROW(Client(manager.address()).objects(), std::system_error); });
  // Even if somebody opens the folder and the socket to all.
  ASSERT_EQ(::chmod(socket.parent_path().c_str(), 0755), 0);
  ASSERT_EQ(::chmod(socket.c_str(), 0666), 0);
  as_nobody([&] {
    bool refused = false;
    try {
      Client(manager.address()).objects();
    } catch (const PermissionError&) {
      refused = true;
    }
    test::require(refused, "another user is told why");
  });
}

TEST_P(Hostile, more_than_fifty_clients_at_once_each_get_their_own) {
  constexpr int clients = 60;
  const Dict shared(manager);
  const Value sum(manager, 0);
  test::run_processes(clients, [&](int i) {
    const std::string mine = std::to_string(i);
    for (int k = 0; k < 50; ++k) {
      shared.set(mine, k);
      test::require(shared.get(mine) == k, "a client reads what it wrote");
      sum.add(1);
    }
  });
  EXPECT_EQ(shared.size(), static_cast<std::size_t>(clients));
  EXPECT_EQ(sum.get(), clients * 50);
}

TEST_P(Hostile, a_server_out_of_descriptors_serves_those_it_has_and_the_others_later) {
  if (transport() != Transport::socket) GTEST_SKIP() << "connecting waits for an answer there";
  // A sanitizer that checks a type for the first time looks at its memory through a pipe.
  EXPECT_EQ(dict.get("key"), 1);
  rlimit many;
  ASSERT_EQ(::prlimit(manager.pid(), RLIMIT_NOFILE, nullptr, &many), 0);
  const rlimit few{20, many.rlim_max};
  ASSERT_EQ(::prlimit(manager.pid(), RLIMIT_NOFILE, &few, nullptr), 0);
  std::vector<Stranger> crowd;
  for (int i = 0; i < 30; ++i) crowd.emplace_back(manager);
  EXPECT_EQ(dict.get("key"), 1);
  ASSERT_TRUE(crowd.back().say(request(Method::echo, {"at last"})));
  // Nobody leaves; only the shortage ends.
  ASSERT_EQ(::prlimit(manager.pid(), RLIMIT_NOFILE, &many, nullptr), 0);
  EXPECT_THAT(crowd.back().read(sizeof(ReplyHeader) + encoded("at last").size()), HasSubstr("at last"));
}

TEST_P(Hostile, clients_that_are_killed_at_any_moment_disturb_nobody) {
  const Dict shared(manager);
  std::mt19937 random(2);
  for (int round = 0; round < 50; ++round) {
    test::Flag running;
    posix::Child client([&] {
      const Queue own(manager);
      shared.set("victim", 0);
      running.raise();
      for (int k = 0;; ++k) {
        own.put(std::string(static_cast<std::size_t>(k % 5000), 'x'));
        shared.set("victim", own.get());
      }
    });
    running.await("the client works");
    for (auto k = random() % 20; k > 0; --k) shared.get("victim");
    client.kill();
    ASSERT_TRUE(client.join(test::patience()));
  }
  test::wait_until([&] { return manager.objects() == 2; }, "what the dead owned is given back");
}

}  // namespace
}  // namespace shmoo::manager
