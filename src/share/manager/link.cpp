#include "share/manager/link.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

namespace shmoo::manager {
namespace {

constexpr std::size_t kChunk = 64 * 1024;

ReplyHeader header_of(const Buffer& in) {
  ReplyHeader header;
  std::memcpy(&header, in.data(), sizeof header);
  return header;
}

}  // namespace

Encoded Answer::value() const {
  if (!good()) raise(error, body);
  if (body.empty() || measure(body, kMaxReplyDepth) != body.size())
    throw ProtocolError("the server sent a malformed value");
  return body;
}

Link::Link(std::unique_ptr<ClientWire> wire) : wire_(std::move(wire)) {
  static std::atomic<std::uint64_t> count{0};
  serial_ = ++count;
}

Buffer& Link::begin(ObjectId object, Method method, std::size_t arguments, std::uint8_t flags) {
  if (used_ > 0) in_.consume(std::exchange(used_, 0));
  RequestHeader header;
  header.flags = flags;
  header.method = static_cast<std::uint8_t>(method);
  header.arguments = static_cast<std::uint8_t>(arguments);
  header.request = ++last_request_;
  header.object = object;
  start_ = out_.size();
  write_header(out_.room(sizeof header), header);
  out_.commit(sizeof header);
  return out_;
}

std::uint64_t Link::end() {
  const std::size_t bytes = out_.size() - start_ - sizeof(RequestHeader);
  if (bytes > kMaxBody) {
    abandon();
    throw ValueError("a request of " + std::to_string(bytes) + " bytes is too long for a frame");
  }
  const auto length = static_cast<std::uint32_t>(bytes);
  std::memcpy(out_.data() + start_ + offsetof(RequestHeader, bytes), &length, sizeof length);
  return last_request_;
}

void Link::abandon() {
  out_.truncate(start_);
  if (out_.empty()) out_.clear();
}

void Link::flush() {
  if (broken_) lost();
  while (!out_.empty()) {
    const posix::Transfer sent = wire_->send_now(out_.data(), out_.size());
    if (sent.state == posix::Transfer::ended) lost();
    if (sent.state == posix::Transfer::done) out_.consume(sent.bytes);
    // The server reads no more while it cannot get rid of its replies: take them in meanwhile.
    if (sent.state == posix::Transfer::would_block && wire_->wait().read) receive();
  }
}

bool Link::whole_frame() const {
  return in_.size() >= sizeof(ReplyHeader) && in_.size() - sizeof(ReplyHeader) >= header_of(in_).bytes;
}

void Link::receive() {
  std::size_t wanted = kChunk;
  if (in_.size() >= sizeof(ReplyHeader)) {
    const std::size_t whole = sizeof(ReplyHeader) + header_of(in_).bytes;
    if (whole > in_.size()) wanted = std::max(wanted, whole - in_.size());
  }
  char* room = in_.room(wanted);
  const posix::Transfer got = wire_->receive_some(room, in_.spare());
  if (got.state != posix::Transfer::done) {
    broken_ = true;
    throw ConnectionLost("the manager's server is gone");
  }
  in_.commit(got.bytes);
}

Answer Link::await(std::uint64_t request) {
  if (used_ > 0) in_.consume(std::exchange(used_, 0));
  if (const auto kept = kept_.find(request); kept != kept_.end()) {
    lent_ = std::move(kept->second);
    kept_.erase(kept);
    return {lent_.error, lent_.body};
  }
  for (;;) {
    while (!whole_frame()) {
      if (broken_) lost();
      receive();
    }
    const ReplyHeader header = header_of(in_);
    if (header.magic != kReplyMagic) {
      broken_ = true;
      throw ProtocolError("what answers at the manager's socket does not speak its protocol");
    }
    const Answer answer{static_cast<ErrorKind>(header.error), {in_.data() + sizeof header, header.bytes}};
    if (header.status == static_cast<std::uint8_t>(Status::goodbye)) {
      broken_ = true;
      raise(answer.error, "the server closed the connection: " + std::string(answer.body));
    }
    const std::size_t bytes = sizeof header + header.bytes;
    if (header.request == request) {
      used_ = bytes;
      return answer;
    }
    Kept kept{answer.error, std::string(answer.body)};
    in_.consume(bytes);
    if (dropped_.erase(header.request) == 0)
      kept_.emplace(header.request, std::move(kept));
    else
      give_back({kept.error, kept.body});
  }
}

void Link::drop(std::uint64_t request) {
  const auto kept = kept_.extract(request);
  if (kept.empty())
    dropped_.insert(request);
  else
    give_back({kept.mapped().error, kept.mapped().body});
}

/// The server counts the references in what it sends, whoever reads it.
void Link::give_back(const Answer& answer) {
  if (!answer.good() || measure(answer.body, kMaxReplyDepth) != answer.body.size()) return;
  bool some = false;
  for_each_reference(answer.body, [&](ObjectId id) {
    put(begin(kServer, Method::release, 1, kOneWay), id);
    end();
    some = true;
  });
  if (some) flush();
}

void Link::lost() {
  if (!broken_) part_with_last_words();
  broken_ = true;
  throw ConnectionLost("the manager's server is gone");
}

/// Sending has failed; the server may have said why before it closed. Throws that.
void Link::part_with_last_words() {
  for (;;) {
    static_cast<void>(await(0));  // throws: the goodbye, or that the server is gone
  }
}

}  // namespace shmoo::manager
