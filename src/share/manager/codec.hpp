// Values on the wire: one tag byte, then the content. The server keeps values in this form and hardly ever
// looks into them.
//
//   null, no, yes                nothing
//   integer, natural, real      8 bytes (int64, uint64 beyond int64, double)
//   text, bytes                  length as 4 bytes, then so many bytes
//   list                         count as 4 bytes, then so many values
//   dict                         count as 4 bytes, then so many pairs of text and value
//   reference                    the id of another object as 8 bytes
//
// Equal values mostly have equal bytes, but for numbers of different kinds (1 and 1.0) and the order of a
// dict: equal() knows. Reading functions take values that measure() has accepted; nothing else may be handed
// to them.
#pragma once
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "share/manager/buffer.hpp"
#include "share/manager/error.hpp"
#include "share/manager/protocol.hpp"

namespace shmoo::manager {

/// Part of the protocol: numbers are never given a new meaning.
enum class Tag : std::uint8_t {
  null = 0,
  no = 1,
  yes = 2,
  integer = 3,
  natural = 4,
  real = 5,
  text = 6,
  bytes = 7,
  list = 8,
  dict = 9,
  reference = 10,
};

/// One whole encoded value, tag included.
using Encoded = std::string_view;

/// Content that is to be encoded as bytes, where a bare std::string_view is text.
struct Bytes {
  std::string_view content;
};
/// A value that is encoded already.
struct Raw {
  Encoded value;
};
/// A reference to an object.
struct Refer {
  ObjectId id;
};

// Writing: put(buffer, x) appends x as one value.
namespace detail {
template <class Number>
void put_number(Buffer& out, Tag tag, Number number) {
  static_assert(sizeof number == 8);
  char* at = out.room(9);
  *at = static_cast<char>(tag);
  std::memcpy(at + 1, &number, 8);
  out.commit(9);
}
inline constexpr std::size_t kHead = 5;  // tag and count

[[noreturn]] void refuse_count(std::size_t count);
/// Tag and count, and room for `more` bytes behind them. @return where those go; they are content already.
inline char* put_head(Buffer& out, Tag tag, std::size_t count, std::size_t more = 0) {
  if (count > UINT32_MAX) [[unlikely]]
    refuse_count(count);
  const auto short_count = static_cast<std::uint32_t>(count);
  char* at = out.room(kHead + more);
  *at = static_cast<char>(tag);
  std::memcpy(at + 1, &short_count, sizeof short_count);
  out.commit(kHead + more);
  return at + kHead;
}
inline void put_block(Buffer& out, Tag tag, std::string_view content) {
  char* const to = put_head(out, tag, content.size(), content.size());
  if (!content.empty()) std::memcpy(to, content.data(), content.size());
}
}  // namespace detail

inline void put(Buffer& out, std::nullptr_t) {
  out.append("\0", 1);
}
inline void put(Buffer& out, std::same_as<bool> auto x) {
  const Tag tag = x ? Tag::yes : Tag::no;
  out.append(&tag, 1);
}
template <std::signed_integral Integer>
void put(Buffer& out, Integer x) {
  detail::put_number(out, Tag::integer, static_cast<std::int64_t>(x));
}
template <std::unsigned_integral Natural>
requires(!std::same_as<Natural, bool>) void put(Buffer& out, Natural x) {
  const auto natural = static_cast<std::uint64_t>(x);
  detail::put_number(out, natural >> 63 ? Tag::natural : Tag::integer, natural);
}
inline void put(Buffer& out, double x) {
  detail::put_number(out, Tag::real, x);
}
inline void put(Buffer& out, std::string_view text) {
  detail::put_block(out, Tag::text, text);
}
inline void put(Buffer& out, Bytes bytes) {
  detail::put_block(out, Tag::bytes, bytes.content);
}
inline void put(Buffer& out, Raw raw) {
  out.append(raw.value);
}
inline void put(Buffer& out, Refer reference) {
  detail::put_number(out, Tag::reference, reference.id);
}
/// The head of a list: `count` values must follow.
inline void put_list(Buffer& out, std::size_t count) {
  detail::put_head(out, Tag::list, count);
}
/// The head of a dict: `count` times a text and a value must follow.
inline void put_dict(Buffer& out, std::size_t count) {
  detail::put_head(out, Tag::dict, count);
}

/// How deep a reply may be: a list of pairs of values that are as deep as may be.
inline constexpr int kMaxReplyDepth = kMaxDepth + 2;

/// How many bytes at the start of `bytes` are one whole value within the limit of depth; 0 when they are
/// none. `*refers` is set when there are references in it.
std::size_t measure(std::string_view bytes, int depth = kMaxDepth, bool* refers = nullptr);

// Reading.
inline Tag tag_of(Encoded value) {
  return static_cast<Tag>(value[0]);
}
/// "an integer", "a text" ...: for error texts.
std::string_view kind_of(Encoded value);

/// The number behind the tag, whatever it is.
template <class Number>
Number number_of(Encoded value) {
  Number number;
  std::memcpy(&number, value.data() + 1, sizeof number);
  return number;
}
/// The count of a list or dict, the length of a text or bytes.
inline std::uint32_t count_of(Encoded value) {
  std::uint32_t count;
  std::memcpy(&count, value.data() + 1, sizeof count);
  return count;
}
inline bool is_integer(Encoded value) {
  return tag_of(value) == Tag::integer;
}
/// Each throws TypeError, naming `what`, when the value is of another type.
std::int64_t integer_of(Encoded value, std::string_view what);
std::string_view text_of(Encoded value, std::string_view what);
std::string_view bytes_of(Encoded value, std::string_view what);

/// Whether two values are the same: 1 and 1.0 are, in lists and dicts too; dicts in any order of their keys;
/// references to one object.
bool equal(Encoded a, Encoded b);
/// The order of numbers, texts, bytes, bools, and lists of them; a NaN comes behind all numbers. Throws
/// TypeError for what has no order: values of different kinds, and null, dicts and references.
std::weak_ordering order(Encoded a, Encoded b);

/// Calls `act` with the id of each reference in `values` (any number of values, one after the other), as
/// often as it stands there. Takes no more stack for deep values.
template <class Act>
void for_each_reference(std::string_view values, Act act) {
  const char* at = values.data();
  for (const char* const end = at + values.size(); at != end;) {
    const Encoded value{at, static_cast<std::size_t>(end - at)};
    switch (tag_of(value)) {
      case Tag::null:
      case Tag::no:
      case Tag::yes:
        at += 1;
        break;
      case Tag::reference:
        act(number_of<ObjectId>(value));
        [[fallthrough]];
      case Tag::integer:
      case Tag::natural:
      case Tag::real:
        at += 9;
        break;
      case Tag::text:
      case Tag::bytes:
        at += 5 + std::size_t{count_of(value)};
        break;
      case Tag::list:
      case Tag::dict:  // what they hold follows, the keys being texts
        at += 5;
        break;
    }
  }
}

/// Walks the values of a list, or the keys and values of a dict in turn.
class Walk {
 public:
  /// Throws TypeError, naming `what`, when `value` is neither `tag`.
  Walk(Encoded value, Tag tag, std::string_view what);
  /// Pairs or values still to come.
  std::uint32_t left() const { return left_; }
  /// The next value of a list.
  Encoded next();
  /// The next pair of a dict.
  std::pair<std::string_view, Encoded> next_pair();

 private:
  std::string_view rest_;
  std::uint32_t left_;
};

}  // namespace shmoo::manager
