// The client's end of a connection: frames are built in place, sent in one write and received in one read.
//
// Belongs to one thread of one process; see Place for how a thread gets its own. When the server dies, or
// closes the connection, the call under way throws (ConnectionLost, or ProtocolError with the server's
// reason) and the link stays broken.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "share/manager/buffer.hpp"
#include "share/manager/codec.hpp"
#include "share/manager/wire.hpp"

namespace shmoo::manager {

/// What the server said to one request. The text or value is valid until the link is used again.
struct Answer {
  ErrorKind error = ErrorKind::none;
  std::string_view body;

  bool good() const { return error == ErrorKind::none; }
  /// The value; throws the server's error as the exception of its kind.
  Encoded value() const;
};

class Link {
 public:
  explicit Link(std::unique_ptr<ClientWire> wire);

  /// Starts a request with so many arguments: put() them into the buffer that is returned, then end().
  Buffer& begin(ObjectId object, Method method, std::size_t arguments, std::uint8_t flags = 0);
  /// Completes the request, which is not sent yet. @return its number. Throws ValueError, and takes the
  /// request back, when it is too long for a frame.
  std::uint64_t end();
  /// Takes a request back that was begun and not ended.
  void abandon();
  /// Sends all requests that were ended.
  void flush();
  /// Waits for the answer to a request that was sent; each may be taken once, in any order.
  Answer await(std::uint64_t request);

  /// Nobody will await this answer any more; references in it are given back when it comes.
  void drop(std::uint64_t request);

  bool broken() const { return broken_; }
  /// Counts the locks that the server gave this connection: with one left it must not pass to another thread.
  void took_lock() { ++locks_; }
  void gave_lock() { --locks_; }
  bool holds_lock() const { return locks_ > 0; }
  /// Tells this link from every other that the process ever had.
  std::uint64_t serial() const { return serial_; }

 private:
  struct Kept {
    ErrorKind error;
    std::string body;
  };
  bool whole_frame() const;
  void receive();
  void give_back(const Answer& answer);
  [[noreturn]] void lost();
  void part_with_last_words();

  std::unique_ptr<ClientWire> wire_;
  std::uint64_t serial_;
  Buffer out_;
  Buffer in_;
  std::size_t start_ = 0;  // of the request under construction, in out_
  std::size_t used_ = 0;   // bytes of in_ that the answer handed out last stands in
  std::uint64_t last_request_ = 0;
  bool broken_ = false;
  std::int64_t locks_ = 0;
  std::unordered_map<std::uint64_t, Kept> kept_;  // answers that came before the one that was awaited
  std::unordered_set<std::uint64_t> dropped_;     // requests whose answers nobody wants
  Kept lent_;                                     // the one of them that was handed out last
};

}  // namespace shmoo::manager
