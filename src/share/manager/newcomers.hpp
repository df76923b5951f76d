// TCP connections of which nobody knows yet who they are: each gets a challenge and a few seconds to answer
// it. README.md beside this file has the handshake.
//
// Belongs to the loop's thread, which never waits for any of them. They are bounded in number, and cost
// nothing but their socket and some hundred bytes.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "share/manager/handshake.hpp"
#include "share/manager/loop.hpp"

namespace shmoo::manager {

class Newcomers {
 public:
  /// How long a handshake may take.
  static constexpr posix::Nanoseconds kPatience = std::chrono::seconds(5);
  static constexpr std::size_t kMost = 256;

  /// `welcome` gets the socket and the process number of each that has proven itself; `left` is called when
  /// one has gone, this way or another.
  using Welcome = std::function<void(posix::Fd, const ProcessNumber&)>;
  Newcomers(Loop& loop, std::string key, Welcome welcome, std::function<void()> left);

  /// Takes a socket that was accepted. What fails about it ends it.
  void add(posix::Fd socket);
  /// Whether no more should be accepted for now.
  bool full() const { return newcomers_.size() >= kMost; }

 private:
  struct Newcomer final : Source {
    Newcomer(posix::Fd accepted, Newcomers& all);
    void ready(std::uint32_t) override { owner.go_on(*this); }
    posix::Fd socket;
    Newcomers& owner;
    ServerHandshake handshake;
    std::int64_t until;  // CLOCK_MONOTONIC, ns
  };
  void go_on(Newcomer& one);
  /// Closes those that have used up their time.
  void expire();
  /// Takes it off the list. @return its socket.
  posix::Fd part_with(Newcomer& one);

  Loop& loop_;
  std::string key_;
  Welcome welcome_;
  std::function<void()> left_;
  Trigger timer_;                                     // for the first of them
  std::vector<std::shared_ptr<Newcomer>> newcomers_;  // who came first will have used up its time first
};

}  // namespace shmoo::manager
