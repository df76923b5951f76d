#include "share/manager/line_wire.hpp"

#include <algorithm>
#include <new>
#include <string>
#include <vector>

#include "posix/pass_fds.hpp"
#include "share/manager/codec.hpp"
#include "sync/doorbell.hpp"
#include "sync/patience.hpp"

namespace shmoo::manager {
namespace {

LineRing& requests_of(const posix::MappedMemory& mapping) {
  return reinterpret_cast<LineSegment*>(mapping.data())->requests;
}
LineRing& replies_of(const posix::MappedMemory& mapping) {
  return reinterpret_cast<LineSegment*>(mapping.data())->replies;
}

}  // namespace

ServerLines::ServerLines(bool lean)
    : memory_(posix::make_sealed_memory(sizeof(LineSegment))),
      mapping_(memory_, sizeof(LineSegment)),
      fence_(lean),
      in_((new (mapping_.data()) LineSegment)->requests),
      out_(replies_of(mapping_)) {}

ServerLines::~ServerLines() {
  // In this order: who is woken finds the end.
  socket_.reset();
  tell_client();
}

posix::Transfer ServerLines::send_now(const void* data, std::size_t bytes) {
  const std::size_t moved = out_.write(data, bytes);
  // One who is gone makes no room.
  const bool gone = out_.wrong() || left_after_end_ != kNoEnd;
  if (moved == 0) return {gone ? posix::Transfer::ended : posix::Transfer::would_block};
  tell_client();
  return {posix::Transfer::done, moved};
}

posix::Transfer ServerLines::receive_now(void* data, std::size_t bytes) {
  const std::size_t moved = in_.read(data, std::min(bytes, left_after_end_));
  if (in_.made_room()) tell_client();
  if (left_after_end_ != kNoEnd) left_after_end_ = moved == 0 ? 0 : left_after_end_ - moved;
  if (moved > 0) return {posix::Transfer::done, moved};
  return {in_.wrong() || left_after_end_ == 0 ? posix::Transfer::ended : posix::Transfer::would_block};
}

void ServerLines::hang_up() {
  if (left_after_end_ == kNoEnd) left_after_end_ = LineRing::kLines * LineRing::kBytes;
}

void ServerLines::tell_client() {
  fence_.light();
  posix::FutexWord& sleeps = segment().client_sleeps;
  if (sleeps.load(std::memory_order_relaxed) == 0) [[likely]]
    return;
  sleeps.store(0, std::memory_order_relaxed);
  posix::futex_wake(sleeps, 1);
}

ClientLines::ClientLines(posix::Fd socket, const posix::Fd& memory, posix::EventFd bell, bool lean)
    : socket_(std::move(socket)),
      mapping_(memory, sizeof(LineSegment)),
      bell_(std::move(bell)),
      fence_(lean),
      in_(replies_of(mapping_)),
      out_(requests_of(mapping_)) {}

void ClientLines::tell_server() {
  fence_.light();
  std::atomic<std::uint32_t>& rests = segment().server_rests;
  if (rests.load(std::memory_order_relaxed) == 0) [[likely]]
    return;
  rests.store(0, std::memory_order_relaxed);
  bell_.signal();
}

posix::Transfer ClientLines::send_now(const void* data, std::size_t bytes) {
  const std::size_t moved = out_.write(data, bytes);
  if (moved == 0) return {out_.wrong() ? posix::Transfer::ended : posix::Transfer::would_block};
  tell_server();
  return {posix::Transfer::done, moved};
}

posix::Transfer ClientLines::receive_now(void* data, std::size_t bytes) {
  const std::size_t moved = in_.read(data, bytes);
  if (in_.made_room()) tell_server();
  if (moved > 0) return {posix::Transfer::done, moved};
  return {in_.wrong() ? posix::Transfer::ended : posix::Transfer::would_block};
}

posix::Transfer ClientLines::receive_some(void* data, std::size_t bytes) {
  if (!wait_until([this] { return in_.ready(); })) return {posix::Transfer::ended};
  return receive_now(data, bytes);
}

posix::Readiness ClientLines::wait() {
  if (!wait_until([this] { return in_.ready() || out_.has_room() || out_.wrong(); })) return {true, true};
  return {in_.ready(), out_.has_room() || out_.wrong()};
}

template <class Ready>
bool ClientLines::wait_until(Ready ready) {
  if (ready()) return true;
  if (sync::patience().spins > 0 && sync::look_closely(ready)) return true;
  return sync::Doorbell::look(ready) || sleep_until(ready);
}

template <class Ready>
[[gnu::noinline]] bool ClientLines::sleep_until(Ready ready) {
  posix::FutexWord& sleeps = segment().client_sleeps;
  do {
    sleeps.store(1, std::memory_order_seq_cst);
    fence_.heavy();
    if (ready() || posix::has_left(socket_.get(), -1)) break;
    posix::futex_wait(sleeps, 1, posix::Deadline::in(kNap));
  } while (!ready());
  sleeps.store(0, std::memory_order_relaxed);
  return ready();  // what the server said before it went is there by now
}

std::unique_ptr<ClientWire> ask_for_lines(posix::Fd socket) {
  const auto lost = [] { return ConnectionLost("the manager's server is gone"); };
  const sync::LopsidedFence fence;
  Buffer request;
  RequestHeader header;
  header.method = static_cast<std::uint8_t>(Method::lines);
  header.arguments = 1;
  header.bytes = 1;
  request.append(&header, sizeof header);
  put(request, fence.lean());
  // Should that fail, the server may have said why before it closed.
  static_cast<void>(posix::send_now(socket.get(), request.data(), request.size()));

  std::vector<posix::Fd> passed;
  Buffer reply;
  const auto receive = [&](std::size_t bytes) {
    while (reply.size() < bytes) {
      const std::size_t left = bytes - reply.size();
      const posix::Transfer got = posix::receive_with_fds(socket.get(), reply.room(left), left, passed);
      if (got.state != posix::Transfer::done) throw lost();
      reply.commit(got.bytes);
    }
  };
  ReplyHeader said;
  receive(sizeof said);
  std::memcpy(&said, reply.data(), sizeof said);
  if (said.magic != kReplyMagic || said.bytes > kMaxBody)
    throw ProtocolError("what answers at the manager's socket does not speak its protocol");
  receive(sizeof said + said.bytes);
  const Encoded body = reply.view().substr(sizeof said);
  if (said.status != static_cast<std::uint8_t>(Status::value))
    raise(static_cast<ErrorKind>(said.error), body);
  if (measure(body) != 1 || passed.size() != 2 || !posix::is_sealed(passed[0], sizeof(LineSegment)))
    throw ProtocolError("the server sent no lines that can be used");
  return std::make_unique<ClientLines>(std::move(socket), passed[0], posix::EventFd(std::move(passed[1])),
                                       tag_of(body) == Tag::yes);
}

}  // namespace shmoo::manager
