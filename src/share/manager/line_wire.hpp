// The shared-memory transport: two rings of lines, requests and replies, in memory that the server made and
// handed to one connection of a client over its Unix socket. The socket stays, for what only the kernel can
// tell: that the other end is gone.
//
// Each wire belongs to one thread of one process. Who waits looks for the process's sync::patience(), then
// sleeps: the client on a word of the segment, with naps after which it looks at the socket; the server in
// its loop, having raised a flag upon which the client rings a bell (see PolledWires). The server trusts
// nothing in the segment: line_ring.hpp says how; the flags cost at most needless system calls.
#pragma once
#include <array>
#include <memory>

#include "posix/event_fd.hpp"
#include "posix/fd.hpp"
#include "posix/futex.hpp"
#include "posix/sealed_memory.hpp"
#include "share/manager/line_ring.hpp"
#include "share/manager/wire.hpp"
#include "sync/lopsided_fence.hpp"

namespace shmoo::manager {

/// What lies in the shared memory. Part of the protocol.
struct LineSegment {
  alignas(posix::kPad) std::atomic<std::uint32_t> server_rests{0};  ///< 1: ring the bell after a change
  alignas(posix::kPad) posix::FutexWord client_sleeps{0};           ///< 1: wake after a change
  LineRing requests;
  LineRing replies;
};

/// The server's end.
class ServerLines final : public Wire {
 public:
  /// Makes the memory, the server's own. `lean` = the client has joined the global barrier (see
  /// sync::LopsidedFence). Errors: std::system_error.
  explicit ServerLines(bool lean);
  ServerLines(const ServerLines&) = delete;
  ServerLines& operator=(const ServerLines&) = delete;
  ~ServerLines();

  /// What the client needs: the memory and the bell, as ClientLines takes them.
  std::array<int, 2> descriptors() const { return {memory_.get(), bell_.fd()}; }
  /// Whether both sides have joined the global barrier: to be told to the client.
  bool lean() const { return fence_.lean(); }
  /// Takes the socket over which they were sent; from now on bytes travel here.
  void start(posix::Fd socket) {
    socket_ = std::move(socket);
    memory_.reset();
  }

  posix::Transfer send_now(const void* data, std::size_t bytes) override;
  posix::Transfer receive_now(void* data, std::size_t bytes) override;
  int descriptor() const override { return socket_.get(); }
  /// Readable, edge by edge and never to be read, when the client has rung. The client could make a read of
  /// it wait.
  int bell() const { return bell_.fd(); }

  /// The client is gone: what it has sent is still received, at most a ring full, then the end.
  void hang_up();

  // For the loop that polls.
  /// What it waits for here.
  void want(bool read, bool write) {
    wants_read_ = read;
    wants_write_ = write;
  }
  /// Whether there is some of it.
  bool ready() {
    return (wants_read_ && (in_.ready() || left_after_end_ == 0)) ||
           (wants_write_ && (out_.has_room() || out_.wrong()));
  }
  /// The bell shall ring when the client has changed something, from a full fence on; and not any more.
  void rest() {
    rests_ = true;
    segment().server_rests.store(1, std::memory_order_seq_cst);
  }
  void wake() {
    rests_ = false;
    segment().server_rests.store(0, std::memory_order_relaxed);
  }
  /// Whether only the bell would tell of it: who changes what it wants has to look again.
  bool rests() const { return rests_; }

 private:
  LineSegment& segment() { return *reinterpret_cast<LineSegment*>(mapping_.data()); }
  void tell_client();

  static constexpr std::size_t kNoEnd = ~std::size_t{0};
  posix::Fd memory_;
  posix::MappedMemory mapping_;
  posix::EventFd bell_;
  posix::Fd socket_;
  sync::LopsidedFence fence_;
  LineReader in_;
  LineWriter out_;
  bool wants_read_ = true;
  bool wants_write_ = false;
  bool rests_ = false;
  std::size_t left_after_end_ = kNoEnd;  // bytes that are still received from one who is gone
};

/// The client's end.
class ClientLines final : public ClientWire {
 public:
  /// Longest sleep without looking whether the server is there.
  static constexpr posix::Nanoseconds kNap = std::chrono::milliseconds(50);

  /// `memory` and `bell` as the server sent them, `lean` as it said. Errors: std::system_error.
  ClientLines(posix::Fd socket, const posix::Fd& memory, posix::EventFd bell, bool lean);

  posix::Transfer send_now(const void* data, std::size_t bytes) override;
  posix::Transfer receive_now(void* data, std::size_t bytes) override;
  posix::Transfer receive_some(void* data, std::size_t bytes) override;
  posix::Readiness wait() override;
  int descriptor() const override { return socket_.get(); }

 private:
  LineSegment& segment() { return *reinterpret_cast<LineSegment*>(mapping_.data()); }
  void tell_server();
  /// Waits until ready() or the server is gone. @return whether ready().
  template <class Ready>
  bool wait_until(Ready ready);
  template <class Ready>
  bool sleep_until(Ready ready);

  posix::Fd socket_;
  posix::MappedMemory mapping_;
  posix::EventFd bell_;
  sync::LopsidedFence fence_;
  LineReader in_;
  LineWriter out_;
};

/// Turns a new connection to a server's Unix socket into lines: asks for them and takes them. Errors: those
/// of a call, and std::system_error.
std::unique_ptr<ClientWire> ask_for_lines(posix::Fd socket);

}  // namespace shmoo::manager
