// The protocol: what a frame is, which methods there are, and the limits. README.md beside this file draws
// it.
//
// A connection carries requests one way and replies the other. Each is a header of fixed size and a body of
// `bytes`. Numbers are little-endian. Requests of one connection are carried out in the order they were sent;
// each reply names its request, since a call that has to wait (queue get, lock acquire) is overtaken by the
// ones behind it.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace shmoo::manager {

static_assert(std::endian::native == std::endian::little, "frames are copied as they lie in memory");

inline constexpr std::uint8_t kRequestMagic = 0xD3;  ///< changes with the version of the protocol
inline constexpr std::uint8_t kReplyMagic = 0xD4;
inline constexpr std::size_t kMaxPayload = std::size_t{64} << 20;  ///< bytes that a call can surely carry
inline constexpr std::size_t kMaxBody = kMaxPayload + 4096;        ///< bytes, with what stands around them
inline constexpr int kMaxDepth = 64;                               ///< of lists in lists
inline constexpr std::size_t kMaxArguments = 8;

/// An object in the server. Never used twice by one server, and another server starts elsewhere. Its lowest
/// byte is the object's type, so that a reference brings it along.
using ObjectId = std::uint64_t;
/// The server itself: creates, attaches, releases.
inline constexpr ObjectId kServer = 0;

/// Part of the protocol: numbers are never given a new meaning.
enum class Method : std::uint8_t {
  // of the server
  create = 1,    ///< (type, ...) -> object id, owned by the caller
  attach = 2,    ///< (object id): the caller owns a reference too
  release = 3,   ///< (object id): the caller gives one reference back
  echo = 4,      ///< (value) -> value: the floor of every call
  shutdown = 5,  ///< (): the creator asks the server to end
  objects = 6,   ///< () -> number of objects that somebody can still reach
  lines = 7,  ///< (global barrier?) -> global barrier?, and descriptors: this connection goes on over lines
  // of objects; one name means the like in every type
  getitem = 16,
  setitem = 17,
  delitem = 18,
  contains = 19,
  len = 20,
  keys = 21,
  values = 22,
  items = 23,
  get = 24,
  set = 25,
  update = 26,
  pop = 27,
  setdefault = 28,
  clear = 29,
  copy = 30,
  getslice = 31,
  setslice = 32,
  delslice = 33,
  append = 34,
  extend = 35,
  insert = 36,
  remove = 37,
  reverse = 38,
  count = 39,
  index = 40,
  add = 41,
  swap = 42,
  put = 43,
  close = 44,
  acquire = 45,
  release_lock = 46,
  sort = 47,
  repeat = 48,
  popitem = 49,
  empty = 50,
  full = 51,
  getattr = 52,
  setattr = 53,
  delattr = 54,
  dir = 55,
  limit = 64,  ///< no method has this number or a higher one
};

/// "getitem"; "" for a number that is no method.
std::string_view name_of(Method method);

/// Part of the protocol, as all numbers here. `space` is what Python calls Namespace.
enum class Type : std::uint8_t { dict = 1, list = 2, value = 3, array = 4, queue = 5, lock = 6, space = 7 };

inline Type type_of(ObjectId id) {
  return static_cast<Type>(id & 0xFF);
}
/// "dict"; "object" for a number that is no type.
std::string_view name_of(Type type);

struct RequestHeader {
  std::uint8_t magic = kRequestMagic;
  std::uint8_t flags = 0;  ///< kOneWay or 0
  std::uint8_t method = 0;
  std::uint8_t arguments = 0;  ///< values in the body
  std::uint32_t bytes = 0;     ///< of the body
  std::uint64_t request = 0;   ///< chosen by the client, handed back in the reply
  ObjectId object = kServer;
};
static_assert(sizeof(RequestHeader) == 24);

/// The first word of a header. Headers are written word by word from registers: one that is put together in
/// memory and copied from there has to wait until its parts have arrived.
inline std::uint64_t header_word(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d,
                                 std::uint32_t bytes) {
  return std::uint64_t{bytes} << 32 | std::uint64_t{d} << 24 | std::uint64_t{c} << 16 |
         std::uint64_t{b} << 8 | a;
}

/// Writes a header where a frame is made.
inline void write_header(char* to, const RequestHeader& header) {
  const std::uint64_t first =
      header_word(header.magic, header.flags, header.method, header.arguments, header.bytes);
  std::memcpy(to, &first, sizeof first);
  std::memcpy(to + offsetof(RequestHeader, request), &header.request, sizeof header.request);
  std::memcpy(to + offsetof(RequestHeader, object), &header.object, sizeof header.object);
}

/// No reply is wanted, not even an error.
inline constexpr std::uint8_t kOneWay = 1;

struct ReplyHeader {
  std::uint8_t magic = kReplyMagic;
  std::uint8_t status = 0;
  std::uint8_t error = 0;  ///< ErrorKind
  std::uint8_t unused = 0;
  std::uint32_t bytes = 0;  ///< of the body
  std::uint64_t request = 0;
};
static_assert(sizeof(ReplyHeader) == 16);

inline void write_header(char* to, const ReplyHeader& header) {
  const std::uint64_t first =
      header_word(header.magic, header.status, header.error, header.unused, header.bytes);
  std::memcpy(to, &first, sizeof first);
  std::memcpy(to + offsetof(ReplyHeader, request), &header.request, sizeof header.request);
}

enum class Status : std::uint8_t {
  value = 0,    ///< the body is one value
  error = 1,    ///< the body is a text
  goodbye = 2,  ///< the body is a text; the server closes the connection
};

}  // namespace shmoo::manager
