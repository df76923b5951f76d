// What is special to a transport: how its clients get in, and those that are not welcome.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <random>
#include <thread>

#include "manager/transports.hpp"
#include "posix/pass_fds.hpp"
#include "posix/poll.hpp"
#include "posix/tcp.hpp"
#include "share/manager/handshake.hpp"
#include "share/manager/line_wire.hpp"
#include "share/manager/newcomers.hpp"
#include "share/manager/pipeline.hpp"
#include "share/manager/proxies.hpp"
#include "support/processes.hpp"
#include "sync/patience.hpp"

namespace shmoo::manager {
namespace {

using testing::HasSubstr;
using testing::Not;

std::size_t descriptors_of(pid_t pid) {
  const std::filesystem::directory_iterator all("/proc/" + std::to_string(pid) + "/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// A patience of this process, and of the servers that it makes, until the test ends.
class Patience {
 public:
  explicit Patience(std::uint32_t spins) { sync::patience() = {.spins = spins, .yields = 0}; }
  ~Patience() { sync::patience() = {}; }
};

// All.

class Transports : public OverEachTransport {};
SHMOO_OVER_EACH_TRANSPORT(Transports);

TEST_P(Transports, clients_over_all_of_them_meet_at_one_object) {
  Manager::Options all_ways = options();
  all_ways.tcp = "127.0.0.1:0";
  const Manager manager(all_ways);
  const Dict dict(manager);
  for (const Transport way : {Transport::socket, Transport::shm, Transport::tcp}) {
    test::run_process([&] {
      const Client client(manager.address(way), manager.key());
      const Dict same(client.attach(dict.id()));
      same.set(name_of(way), json::binary(std::vector<std::uint8_t>(300'000, 7)));
    });
  }
  EXPECT_EQ(dict.size(), 3U);
  const json all = dict.copy();
  for (const auto& [key, value] : all.items()) EXPECT_EQ(value.get_binary().size(), 300'000U) << key;
}

TEST_P(Transports, a_client_leaves_no_descriptor_in_the_server) {
  const Manager manager(options());
  const std::size_t before = descriptors_of(manager.pid());
  for (int i = 0; i < 5; ++i)
    test::run_processes(4, [&](int) { test::require(Dict(manager).size() == 0, "a new dict is empty"); });
  test::wait_until([&] { return descriptors_of(manager.pid()) == before; }, "descriptors of clients go");
  EXPECT_EQ(manager.objects(), 0U);
}

TEST_P(Transports, a_server_without_work_sleeps_whatever_its_patience) {
  const Patience some(10'000);
  const Manager manager(options());
  const Dict dict(manager);
  for (int i = 0; i < 100; ++i) dict.set("key", i);
  for (int i = 0; i < 3; ++i) {
    test::await_sleep(manager.pid());
    EXPECT_EQ(dict.get("key"), 99);
  }
}

// Who is alone is looked at without the kernel being asked; that must not cost the others their turn.
TEST_P(Transports, one_client_that_never_pauses_keeps_no_other_from_being_served) {
  const Patience some(10'000);
  const Manager manager(options());
  const Dict dict(manager);
  dict.set("on", true);
  posix::Child eager([&] {
    while (dict.get("on").get<bool>()) {
    }
  });
  for (int i = 0; i < 20; ++i) test::run_process([&] { dict.set(std::to_string(i), i); });
  dict.set("on", false);
  EXPECT_TRUE(eager.join(test::patience()));
  EXPECT_EQ(dict.size(), 21U);
}

TEST_P(Transports, a_client_that_is_killed_while_its_server_looks_at_it_leaves_nothing) {
  const Patience some(10'000);
  const Manager manager(options());
  const Dict dict(manager);
  for (int i = 0; i < 5; ++i) {
    dict.set("ready", false);
    posix::Child eager([&] {
      const Dict own(manager);
      dict.set("ready", true);
      for (;;) own.set("key", 1);
    });
    test::wait_until([&] { return dict.get("ready").get<bool>(); }, "the client has begun");
    EXPECT_EQ(manager.objects(), 2U);
    eager.kill();
    test::wait_until([&] { return manager.objects() == 1; }, "what it had is gone");
  }
}

TEST_P(Transports, more_clients_than_cpus_get_on_with_each_other_spinning_or_not) {
  for (const std::uint32_t spins : {0U, 1U, 2000U}) {
    const Patience some(spins);
    const Manager manager(options());
    const Value sum(manager, 0);
    const Queue queue(manager, 3);
    test::run_processes(6, [&](int i) {
      for (int k = 0; k < 200; ++k) {
        sum.add(1);
        if (i % 2)
          queue.put(k);
        else
          queue.get();
      }
    });
    EXPECT_EQ(sum.get(), 6 * 200);
    EXPECT_EQ(queue.size(), 0U);
  }
}

TEST_P(Transports, large_values_go_both_ways_at_once) {
  const Manager manager(options());
  const Dict dict(manager);
  test::run_processes(3, [&](int i) {
    Pipeline pipeline(manager);
    const std::string key = std::to_string(i);
    const std::string value(1 << 20, static_cast<char>('a' + i));
    std::vector<std::size_t> calls;
    for (int k = 0; k < 8; ++k) {
      pipeline.add(dict.reference(), Method::setitem, key, std::string_view(value));
      calls.push_back(pipeline.add(dict.reference(), Method::getitem, key));
    }
    pipeline.send();
    for (const std::size_t call : calls)
      test::require(pipeline.take(call) == value, "another value came back");
  });
}

TEST_P(Transports, lines_are_for_new_connections_over_a_unix_socket) {
  if (transport() == Transport::socket) GTEST_SKIP() << "there they are given";
  const Manager manager(options());
  EXPECT_THROW(static_cast<void>(ask(Place::link(manager.place()), kServer, Method::lines, true).value()),
               ValueError);
  EXPECT_EQ(manager.objects(), 0U);
}

TEST_P(Transports, a_server_that_is_not_there_is_told_in_one_line) {
  std::string address;
  std::string key;
  {
    const Manager manager(options());
    address = manager.address();
    key = manager.key();
  }
  try {
    Client(address, key).objects();
    ADD_FAILURE();
  } catch (const std::system_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("connect to "));
    EXPECT_THAT(error.what(), Not(HasSubstr("\n")));
  }
}

// Shared memory.

/// A client that has its lines and writes into them what it likes.
class Scribbler {
 public:
  explicit Scribbler(const Manager& manager)
      : socket_(posix::connect_unix(manager.address(Transport::socket))) {
    Buffer request;
    RequestHeader header;
    header.method = static_cast<std::uint8_t>(Method::lines);
    header.arguments = 1;
    header.bytes = 1;
    request.append(&header, sizeof header);
    put(request, false);
    posix::send_now(socket_.get(), request.data(), request.size());
    char reply[64];
    posix::receive_with_fds(socket_.get(), reply, sizeof reply, passed_);
    test::require(passed_.size() == 2, "the server sent no lines");
    mapping_ = posix::MappedMemory(passed_[0], sizeof(LineSegment));
  }

  LineSegment& segment() const { return *reinterpret_cast<LineSegment*>(mapping_.data()); }
  int memory() const { return passed_[0].get(); }
  int bell() const { return passed_[1].get(); }
  void ring() const {
    const std::uint64_t one = 1;
    ASSERT_EQ(::write(bell(), &one, sizeof one), static_cast<ssize_t>(sizeof one));
  }
  /// Whether the server has closed the connection.
  bool thrown_out() const { return posix::has_left(socket_.get(), -1); }
  std::size_t size() const { return mapping_.size(); }
  char* bytes() const { return reinterpret_cast<char*>(mapping_.data()); }

 private:
  posix::Fd socket_;
  std::vector<posix::Fd> passed_;
  posix::MappedMemory mapping_;
};

class SharedMemory : public testing::Test {
 protected:
  void TearDown() override {
    EXPECT_EQ(dict.get("key"), 1) << "others go on";
    EXPECT_TRUE(manager.alive());
  }
  Manager manager{Manager::Options{.transport = Transport::shm}};
  Dict dict{manager, {{"key", 1}}};
};

TEST_F(SharedMemory, its_size_cannot_be_changed_by_a_client) {
  const Scribbler client(manager);
  EXPECT_LT(::ftruncate(client.memory(), 0), 0);
  EXPECT_LT(::ftruncate(client.memory(), 1 << 30), 0);
  EXPECT_TRUE(posix::is_sealed(posix::Fd(::dup(client.memory())), sizeof(LineSegment)));
}

TEST_F(SharedMemory, a_stamp_that_lies_costs_its_connection) {
  const Scribbler client(manager);
  client.segment().requests.lines[0].stamp.store(std::uint64_t{1} << 8 | 200);
  client.ring();
  test::wait_until([&] { return client.thrown_out(); }, "the liar is thrown out");
}

TEST_F(SharedMemory, a_count_of_lines_read_that_cannot_be_costs_its_connection) {
  const Scribbler client(manager);
  // Asks for more than the ring holds, and says that it has read what was never written.
  LineWriter writer(client.segment().requests);
  Buffer request;
  RequestHeader header;
  header.method = static_cast<std::uint8_t>(Method::echo);
  header.arguments = 1;
  const std::string text(100'000, 'x');
  Buffer body;
  put(body, std::string_view(text));
  header.bytes = static_cast<std::uint32_t>(body.size());
  request.append(&header, sizeof header);
  request.append(body.view());
  client.segment().replies.read.store(~std::uint64_t{0} / 2);
  for (std::size_t at = 0; at < request.size() && !client.thrown_out();) {
    at += writer.write(request.data() + at, request.size() - at);
    client.ring();
  }
  test::wait_until([&] { return client.thrown_out(); }, "the liar is thrown out");
}

TEST_F(SharedMemory, garbage_all_over_it_harms_nobody_else) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 50; ++round) {
    const Scribbler client(manager);
    for (int burst = 0; burst < 5; ++burst) {
      for (std::size_t at = 0; at + 8 <= client.size(); at += 8) {
        const std::uint64_t word = random() >> (random() % 64);
        std::memcpy(client.bytes() + at, &word, sizeof word);
      }
      // Some of it where the server looks next, in lines that can be.
      for (std::size_t line = 0; line < LineRing::kLines; ++line)
        client.segment().requests.lines[line].stamp.store((line + 1) << 8 | (1 + random() % 56));
      client.ring();
    }
    if (round % 10 == 0) {
      EXPECT_EQ(dict.get("key"), 1);
    }
  }
}

TEST_F(SharedMemory, a_bell_that_is_rung_for_nothing_or_read_by_the_client_harms_nobody_else) {
  const Scribbler client(manager);
  for (int i = 0; i < 1000; ++i) {
    client.ring();
    std::uint64_t count;
    static_cast<void>(!::read(client.bell(), &count, sizeof count));
  }
  EXPECT_EQ(dict.get("key"), 1);
  EXPECT_FALSE(client.thrown_out());
}

TEST_F(SharedMemory, a_client_killed_in_the_middle_of_a_frame_has_not_called) {
  for (int round = 0; round < 30; ++round) {
    test::Flag running;
    posix::Child client([&] {
      running.raise();
      for (int k = 0;; ++k) dict.set("large", std::string(200'000, static_cast<char>('a' + k % 26)));
    });
    running.await("the client works");
    for (int k = 0; k < round; ++k) dict.get("key");
    client.kill();
    ASSERT_TRUE(client.join(test::patience()));
    if (!dict.contains("large")) continue;
    const auto value = dict.get("large").get<std::string>();
    EXPECT_EQ(value.size(), 200'000U);
    EXPECT_EQ(value.find_first_not_of(value[0]), std::string::npos) << "half of two values";
  }
}

TEST_F(SharedMemory, a_client_that_sleeps_finds_out_that_its_server_was_killed) {
  Manager mortal(Manager::Options{.transport = Transport::shm});
  const Queue queue(mortal);
  test::Flag ready;
  posix::Child waiting([&] {
    queue.size();
    ready.raise();
    EXPECT_THROW(queue.get(), ConnectionLost);
    test::require(!testing::Test::HasFailure(), "the death was not told");
  });
  ready.await("the client is connected");
  test::await_sleep(waiting.pid());
  ::kill(mortal.pid(), SIGKILL);
  ASSERT_TRUE(waiting.join(test::patience()));
  EXPECT_TRUE(waiting.ending().good());
}

// TCP.

class Tcp : public testing::Test {
 protected:
  void TearDown() override {
    EXPECT_EQ(dict.get("key"), 1) << "others go on";
    EXPECT_TRUE(manager.alive());
  }
  posix::Fd connect() const {
    const HostPort place = Address::parse(manager.address()).place;
    return posix::connect_tcp(place.host, place.port, test::patience());
  }
  /// What the server says until it closes the connection.
  static std::string rest(const posix::Fd& socket) {
    std::string all;
    char room[4096];
    for (const auto deadline = test::patience();;) {
      const auto got = posix::receive_now(socket.get(), room, sizeof room);
      if (got.state == posix::Transfer::ended) return all;
      all.append(room, got.bytes);
      test::require(!deadline.passed(), "the server does not close a connection");
      posix::wait_readable(std::array{socket.get()}, deadline);
    }
  }
  static std::string greeting(const posix::Fd& socket) {
    std::string all;
    while (all.size() < ClientHandshake::kGreetingBytes) {
      char room[64];
      const auto got = posix::receive_some(socket.get(), room, ClientHandshake::kGreetingBytes - all.size());
      test::require(got.state == posix::Transfer::done, "the server does not greet");
      all.append(room, got.bytes);
    }
    return all;
  }
  static void say(const posix::Fd& socket, std::string_view bytes) {
    posix::send_now(socket.get(), bytes.data(), bytes.size());
  }

  Manager manager{Manager::Options{.transport = Transport::tcp}};
  Dict dict{manager, {{"key", 1}}};
};

TEST_F(Tcp, a_wrong_key_is_refused_without_telling_either) {
  test::run_process([&] {
    const std::string wrong = "a wrong key";
    try {
      Client(manager.address(), wrong).objects();
      test::require(false, "a wrong key was taken");
    } catch (const PermissionError& error) {
      EXPECT_THAT(error.what(), HasSubstr("refuses the key"));
      EXPECT_THAT(error.what(), HasSubstr(manager.address()));
      EXPECT_THAT(error.what(), Not(HasSubstr(wrong)));
      EXPECT_THAT(error.what(), Not(HasSubstr(manager.key())));
    }
    EXPECT_THROW(Client(manager.address()).objects(), PermissionError) << "no key";
    test::require(!testing::Test::HasFailure(), "refused otherwise");
  });
}

TEST_F(Tcp, a_server_that_does_not_know_the_key_is_refused) {
  const posix::Fd listener = posix::listen_tcp("127.0.0.1", 0);
  posix::Child impostor([&] {
    for (;;) {
      posix::wait_readable(std::array{listener.get()}, posix::Deadline::never());
      const posix::Fd socket = posix::accept_waiting(listener.get());
      if (!socket) continue;
      const ServerHandshake handshake("a key of its own");
      say(socket, handshake.greeting());
      char proof[88];
      for (std::size_t have = 0; have < sizeof proof;) {
        posix::wait_readable(std::array{socket.get()}, posix::Deadline::never());
        have += posix::receive_now(socket.get(), proof, sizeof proof - have).bytes;
      }
      say(socket, '\1' + std::string(32, 'x'));
      say(socket, std::string(100, 'x'));
    }
  });
  const Client client("tcp://127.0.0.1:" + std::to_string(posix::port_of(listener.get())), manager.key());
  try {
    client.objects();
    ADD_FAILURE();
  } catch (const PermissionError& error) {
    EXPECT_THAT(error.what(), HasSubstr("does not know the key"));
  }
}

TEST_F(Tcp, garbage_instead_of_a_proof_closes_its_connection) {
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    const posix::Fd socket = connect();
    greeting(socket);
    std::string garbage(1 + random() % 200, '\0');
    for (char& byte : garbage) byte = static_cast<char>(random() | 0x80);
    say(socket, garbage);
    rest(socket);
  }
  const posix::Fd browser = connect();
  greeting(browser);
  say(browser, "GET / HTTP/1.1\r\n\r\n");
  rest(browser);
}

TEST_F(Tcp, no_frame_is_read_before_the_proof) {
  const posix::Fd socket = connect();
  greeting(socket);
  Buffer request;
  RequestHeader header;
  header.method = static_cast<std::uint8_t>(Method::objects);
  request.append(&header, sizeof header);
  say(socket, request.view());
  EXPECT_LE(rest(socket).size(), ClientHandshake::kAnswerBytes) << "a refusal at most";
}

TEST_F(Tcp, a_proof_that_was_overheard_is_of_no_use) {
  const posix::Fd first = connect();
  ClientHandshake client(manager.key());
  const std::string proof = client.prove(greeting(first));
  say(first, proof);
  std::string answer(ClientHandshake::kAnswerBytes, '\0');
  ASSERT_EQ(posix::receive_some(first.get(), answer.data(), answer.size()).bytes, answer.size());
  client.judge(answer);
  const posix::Fd second = connect();
  greeting(second);
  say(second, proof);
  EXPECT_THAT(rest(second), testing::StartsWith(std::string(1, '\0')));
}

TEST_F(Tcp, a_half_closed_newcomer_is_closed) {
  const posix::Fd socket = connect();
  greeting(socket);
  say(socket, "shm");
  ::shutdown(socket.get(), SHUT_WR);
  EXPECT_EQ(rest(socket), "");
}

TEST_F(Tcp, a_slow_handshake_holds_nobody_up_and_ends) {
  const posix::Fd silent = connect();
  const posix::Fd slow = connect();
  ClientHandshake client(manager.key());
  const std::string proof = client.prove(greeting(slow));
  for (std::size_t at = 0; at < 40; ++at) {
    say(slow, proof.substr(at, 1));
    ASSERT_EQ(dict.get("key"), 1);
  }
  greeting(silent);
  // Neither says any more.
  EXPECT_EQ(rest(silent), "");
  EXPECT_EQ(rest(slow), "");
}

TEST_F(Tcp, a_proof_byte_by_byte_is_as_good_as_any) {
  const posix::Fd slow = connect();
  ClientHandshake client(manager.key());
  for (const char byte : client.prove(greeting(slow))) say(slow, {&byte, 1});
  std::string answer(ClientHandshake::kAnswerBytes, '\0');
  ASSERT_EQ(posix::receive_some(slow.get(), answer.data(), answer.size()).bytes, answer.size());
  client.judge(answer);
}

TEST_F(Tcp, a_crowd_that_says_nothing_keeps_the_others_out_for_a_while_only) {
  std::vector<posix::Fd> crowd;
  for (std::size_t i = 0; i < Newcomers::kMost + 20; ++i) crowd.push_back(connect());
  test::run_process([&] {
    for (const auto deadline = test::patience(); !deadline.passed();) {
      try {
        Client(manager.address(), manager.key()).objects();
        return;
      } catch (const ConnectionLost&) {
        // Not yet its turn.
      }
    }
    test::require(false, "the crowd keeps a client out");
  });
}

TEST_F(Tcp, threads_of_a_process_share_what_it_owns) {
  std::unique_ptr<Dict> made;
  std::thread([&] { made = std::make_unique<Dict>(manager, json{{"a", 1}}); }).join();
  std::thread([&] { EXPECT_EQ(made->get("a"), 1); }).join();
  EXPECT_EQ(manager.objects(), 2U);
  std::thread([&] { made.reset(); }).join();
  EXPECT_EQ(manager.objects(), 1U);
}

TEST_F(Tcp, a_key_that_was_given_is_the_key) {
  const Manager own(Manager::Options{.tcp = "127.0.0.1:0", .key = std::string("any\0bytes", 9)});
  EXPECT_EQ(own.key(), std::string("any\0bytes", 9));
  EXPECT_EQ(Client(own.address(Transport::tcp), std::string("any\0bytes", 9)).objects(), 0U);
  EXPECT_THROW(Client(own.address(Transport::tcp), "any").objects(), PermissionError);
  EXPECT_NE(manager.key(), Manager().key());
  EXPECT_EQ(manager.key().size(), 32U);
}

TEST_F(Tcp, a_server_that_was_not_told_to_does_not_listen) {
  const Manager quiet;
  EXPECT_THROW(static_cast<void>(quiet.address(Transport::tcp)), std::invalid_argument);
  EXPECT_THROW(Manager(Manager::Options{.tcp = "nowhere"}), std::invalid_argument);
  EXPECT_THROW(Manager(Manager::Options{.tcp = "203.0.113.1:0"}), std::system_error)
      << "not an address of this machine";
}

TEST_F(Tcp, ipv6_is_as_good) {
  try {
    static_cast<void>(posix::listen_tcp("::1", 0));
  } catch (const std::system_error& error) {
    GTEST_SKIP() << "this machine has no IPv6: " << error.what();
  }
  const Manager six(Manager::Options{.transport = Transport::tcp, .tcp = "[::1]:0"});
  EXPECT_THAT(six.address(), testing::StartsWith("tcp://[::1]:"));
  EXPECT_EQ(six.objects(), 0U);
}

}  // namespace
}  // namespace shmoo::manager
