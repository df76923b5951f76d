// The handshake before the first frame of a TCP connection: who has the key gets in, whoever else does not.
#include "share/manager/handshake.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "share/manager/error.hpp"
#include "support/processes.hpp"

namespace shmoo::manager {
namespace {

using State = ServerHandshake::State;

const std::string key = "not a secret";
const std::string other = "not the secret";

TEST(Handshake, both_are_convinced_by_the_same_key) {
  for (const std::string& one : {key, make_key(), std::string(1000, 'k'), std::string("\0k\0", 3)}) {
    ServerHandshake server(one);
    ClientHandshake client(one);
    const std::string answer = server.take(client.prove(server.greeting()));
    EXPECT_EQ(server.state(), State::proven);
    EXPECT_EQ(server.client(), process_number());
    client.judge(answer);
  }
}

TEST(Handshake, a_proof_may_come_byte_by_byte_and_nothing_behind_it_is_taken) {
  ServerHandshake server(key);
  ClientHandshake client(key);
  const std::string proof = client.prove(server.greeting()) + "a frame";
  std::string answer;
  std::size_t taken = 0;
  while (server.wanted() > 0) {
    EXPECT_EQ(server.state(), State::under_way);
    answer += server.take({&proof[taken++], 1});
  }
  EXPECT_EQ(taken, proof.size() - 7);
  client.judge(answer);
}

TEST(Handshake, another_key_is_refused_by_both) {
  ServerHandshake server(key);
  ClientHandshake client(other);
  const std::string refusal = server.take(client.prove(server.greeting()));
  EXPECT_EQ(server.state(), State::refused);
  EXPECT_THROW(client.judge(refusal), PermissionError);
  // A server that lets everybody in does not get in itself.
  ServerHandshake impostor(other);
  ClientHandshake honest(other);
  const std::string agreed = impostor.take(honest.prove(impostor.greeting()));
  ClientHandshake victim(key);
  static_cast<void>(victim.prove(impostor.greeting()));
  EXPECT_THROW(victim.judge(agreed), PermissionError);
  EXPECT_THROW(victim.judge('\1' + std::string(32, '\0')), PermissionError);
  EXPECT_THROW(victim.judge(""), PermissionError);
}

TEST(Handshake, neither_key_is_ever_told) {
  ServerHandshake server(key);
  ClientHandshake client(other);
  const std::string proof = client.prove(server.greeting());
  try {
    client.judge(server.take(proof));
    ADD_FAILURE();
  } catch (const PermissionError& error) {
    for (const std::string& secret : {key, other})
      EXPECT_THAT(error.what() + proof + std::string(server.greeting()),
                  testing::Not(testing::HasSubstr(secret)));
  }
}

TEST(Handshake, every_byte_of_a_proof_counts) {
  for (std::size_t at = 0; at < 88; ++at) {
    ServerHandshake server(key);
    ClientHandshake client(key);
    std::string proof = client.prove(server.greeting());
    ASSERT_EQ(proof.size(), 88U);
    proof[at] = static_cast<char>(proof[at] ^ 1);
    EXPECT_THROW(client.judge(server.take(proof)), PermissionError);
    EXPECT_EQ(server.state(), State::refused);
  }
}

TEST(Handshake, a_proof_is_good_for_one_connection_only) {
  ServerHandshake first(key);
  ClientHandshake client(key);
  const std::string proof = client.prove(first.greeting());
  first.take(proof);
  EXPECT_EQ(first.state(), State::proven);
  ServerHandshake second(key);
  second.take(proof);
  EXPECT_EQ(second.state(), State::refused);
}

TEST(Handshake, an_answer_of_one_side_is_no_proof_of_the_other) {
  ServerHandshake server(key);
  ClientHandshake client(key);
  const std::string proof = client.prove(server.greeting());
  // What the client said, as if a server had said it.
  EXPECT_THROW(client.judge('\1' + proof.substr(proof.size() - 32)), PermissionError);
  const std::string answer = server.take(proof);
  ServerHandshake again(key);
  again.take(proof.substr(0, proof.size() - 32) + answer.substr(1));
  EXPECT_EQ(again.state(), State::refused);
}

TEST(Handshake, who_speaks_something_else_is_told_apart_at_once) {
  ServerHandshake server(key);
  server.take("GET");
  EXPECT_EQ(server.state(), State::refused);
  EXPECT_EQ(server.wanted(), 0U);
  EXPECT_THROW(ClientHandshake(key).prove(std::string(40, 'x')), ProtocolError);
  EXPECT_THROW(ClientHandshake(key).prove("SSH-2.0"), ProtocolError);
}

TEST(Handshake, each_process_has_a_number_of_its_own) {
  const ProcessNumber mine = process_number();
  EXPECT_EQ(process_number(), mine);
  test::run_process([&] {
    test::require(process_number() != mine, "a child took its parent's number");
    test::require(process_number() == process_number(), "a number has changed");
  });
  EXPECT_EQ(process_number(), mine);
}

}  // namespace
}  // namespace shmoo::manager
