// What can go wrong between a proxy and its server: each kind is an exception class of its own on the client,
// with the server's text. All derive from Error; ConnectionLost and Refused come from the way, the others
// from the object.
#pragma once
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace shmoo::manager {

/// Part of the protocol: numbers are never given a new meaning.
enum class ErrorKind : std::uint8_t {
  none = 0,
  key = 1,          ///< no such key
  index = 2,        ///< index or range beyond the end, pop from nothing
  type = 3,         ///< an argument of the wrong type
  value = 4,        ///< an argument of the right type that cannot be
  method = 5,       ///< a method that the type does not expose, or that does not exist
  arity = 6,        ///< too few or too many arguments
  reference = 7,    ///< no such object (any more)
  empty = 8,        ///< a queue stayed empty until the time-out
  full = 9,         ///< a queue stayed full until the time-out
  closed = 10,      ///< a queue was closed
  timeout = 11,     ///< a lock was not to be had until the time-out
  memory = 12,      ///< the server has no memory for it
  permission = 13,  ///< not for this client
  protocol = 14,    ///< a frame that makes no sense: the connection is closed
  attribute = 15,   ///< a namespace has no such attribute
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& text) : std::runtime_error(text), kind_(kind) {}
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

/// An Error of one kind.
template <ErrorKind own>
class ErrorOf : public Error {
 public:
  explicit ErrorOf(const std::string& text) : Error(own, text) {}
};

using KeyError = ErrorOf<ErrorKind::key>;
using IndexError = ErrorOf<ErrorKind::index>;
using TypeError = ErrorOf<ErrorKind::type>;
using ValueError = ErrorOf<ErrorKind::value>;
using MethodError = ErrorOf<ErrorKind::method>;
using ArityError = ErrorOf<ErrorKind::arity>;
using ReferenceError = ErrorOf<ErrorKind::reference>;
using Empty = ErrorOf<ErrorKind::empty>;
using Full = ErrorOf<ErrorKind::full>;
using Closed = ErrorOf<ErrorKind::closed>;
using Timeout = ErrorOf<ErrorKind::timeout>;
using MemoryError = ErrorOf<ErrorKind::memory>;
using PermissionError = ErrorOf<ErrorKind::permission>;
using AttributeError = ErrorOf<ErrorKind::attribute>;
/// The server closed this connection because of what it was sent.
using ProtocolError = ErrorOf<ErrorKind::protocol>;

/// The server is gone, or closed the connection without a word.
class ConnectionLost : public Error {
 public:
  explicit ConnectionLost(const std::string& text) : Error(ErrorKind::none, text) {}
};

/// Throws the exception class of a kind.
[[noreturn]] void raise(ErrorKind kind, std::string_view text);

}  // namespace shmoo::manager
