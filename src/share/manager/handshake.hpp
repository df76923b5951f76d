// How the two ends of a TCP connection convince each other that they have the same key, before any frame.
//
//   server  greeting   magic (8), challenge (32)
//   client  proof      magic (8), challenge (32), process number (16), HMAC (32)
//   server  answer     verdict (1): 1 and HMAC (32), or 0 and 32 bytes of nothing
//
// Each HMAC is that of SHA-256 under the key over: who says it ("shmoo manager client", "... server"), both
// challenges and the process number. So neither end can be made to prove anything by its own words, by those
// of another connection or by those of the other side; and nobody learns the key. Proofs are compared in
// constant time. What follows is neither secret nor protected against one who can change what is under way:
// for that, use a tunnel.
//
// A state machine without a descriptor: it says how many bytes it wants next and what is to be sent. Belongs
// to one thread.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace shmoo::manager {

/// Names a client process among all that ever were: all its connections make one session.
using ProcessNumber = std::array<std::uint8_t, 16>;

/// This process's: random, another one in each child made by fork. Any thread.
ProcessNumber process_number();

/// A fresh key of 32 random bytes.
std::string make_key();

class ServerHandshake {
 public:
  enum class State { under_way, proven, refused };

  explicit ServerHandshake(const std::string& key);
  /// Sent first, all at once.
  std::string_view greeting() const { return greeting_; }
  /// Bytes still wanted; 0 = none, the state says why.
  std::size_t wanted() const;
  /// Takes at most wanted() bytes. @return what is to be sent then: nothing, or the whole answer.
  std::string take(std::string_view bytes);
  State state() const { return state_; }
  /// Of the client that has proven itself.
  const ProcessNumber& client() const { return client_; }

 private:
  const std::string& key_;
  std::string greeting_;
  std::string proof_;
  State state_ = State::under_way;
  ProcessNumber client_{};
};

class ClientHandshake {
 public:
  static constexpr std::size_t kGreetingBytes = 8 + 32;
  static constexpr std::size_t kAnswerBytes = 1 + 32;

  explicit ClientHandshake(const std::string& key) : key_(key) {}
  /// What is said to the server's greeting. Throws ProtocolError when that is none.
  std::string prove(std::string_view greeting);
  /// Judges the server's answer. Throws PermissionError: it refused our key, or does not know it itself.
  void judge(std::string_view answer) const;

 private:
  const std::string& key_;
  std::string expected_;
};

}  // namespace shmoo::manager
