#include "share/manager/codec.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

namespace shmoo::manager {
namespace {

using detail::kHead;

/// Where the value that starts at `at` ends; nullptr when it does not fit before `end` or is none.
const char* skip(const char* at, const char* end, int depth, bool& refers) {
  if (at == end) return nullptr;
  const Tag tag = static_cast<Tag>(*at);
  const auto left = static_cast<std::size_t>(end - at);
  switch (tag) {
    case Tag::null:
    case Tag::no:
    case Tag::yes:
      return at + 1;
    case Tag::integer:
    case Tag::natural:
    case Tag::real:
      return left >= 9 ? at + 9 : nullptr;
    case Tag::reference:
      refers = true;
      return left >= 9 ? at + 9 : nullptr;
    case Tag::text:
    case Tag::bytes: {
      if (left < kHead) return nullptr;
      const std::size_t length = count_of({at, left});
      return left - kHead >= length ? at + kHead + length : nullptr;
    }
    case Tag::list:
    case Tag::dict: {
      if (left < kHead || depth == 0) return nullptr;
      const std::uint32_t count = count_of({at, left});
      at += kHead;
      for (std::uint32_t i = 0; i < count && at; ++i) {
        if (tag == Tag::dict) {
          if (at == end || static_cast<Tag>(*at) != Tag::text) return nullptr;
          at = skip(at, end, 0, refers);
          if (!at) return nullptr;
        }
        at = skip(at, end, depth - 1, refers);
      }
      return at;
    }
  }
  return nullptr;
}

[[noreturn]] void wrong_type(std::string_view what, std::string_view wanted, Encoded value) {
  throw TypeError(std::string(what) + " must be " + std::string(wanted) + ", not " +
                  std::string(kind_of(value)));
}

bool is_number(Encoded value) {
  return tag_of(value) == Tag::integer || tag_of(value) == Tag::natural || tag_of(value) == Tag::real;
}
bool is_bool(Encoded value) {
  return tag_of(value) == Tag::no || tag_of(value) == Tag::yes;
}
/// Of texts and bytes.
std::string_view content_of(Encoded value) {
  return value.substr(kHead, count_of(value));
}

/// As -2^63 <= x < 2^64 is all that integers are, and no double holds them all: compared without rounding.
std::strong_ordering order_integers(Encoded a, Encoded b) {
  const bool below = is_integer(a) && number_of<std::int64_t>(a) < 0;
  if (below != (is_integer(b) && number_of<std::int64_t>(b) < 0))
    return below ? std::strong_ordering::less : std::strong_ordering::greater;
  return number_of<std::uint64_t>(a) <=> number_of<std::uint64_t>(b);  // in two's complement also below 0
}

std::partial_ordering order_with_real(Encoded integer, double real) {
  if (std::isnan(real)) return std::partial_ordering::unordered;
  if (real >= 0x1p64) return std::partial_ordering::less;
  if (real < -0x1p63) return std::partial_ordering::greater;
  const double whole = std::trunc(real);
  char encoded[9];
  encoded[0] = static_cast<char>(whole < 0 ? Tag::integer : Tag::natural);
  const std::uint64_t bits = whole < 0 ? static_cast<std::uint64_t>(static_cast<std::int64_t>(whole))
                                       : static_cast<std::uint64_t>(whole);
  std::memcpy(encoded + 1, &bits, sizeof bits);
  const auto by_whole = order_integers(integer, {encoded, sizeof encoded});
  return by_whole != 0 ? std::partial_ordering(by_whole) : whole <=> real;
}

std::partial_ordering order_numbers(Encoded a, Encoded b) {
  const bool real_a = tag_of(a) == Tag::real;
  const bool real_b = tag_of(b) == Tag::real;
  if (real_a && real_b) return number_of<double>(a) <=> number_of<double>(b);
  if (real_b) return order_with_real(a, number_of<double>(b));
  if (real_a) return 0 <=> order_with_real(b, number_of<double>(a));
  return order_integers(a, b);
}

bool equal_lists(Encoded a, Encoded b) {
  Walk x(a, Tag::list, "a list");
  Walk y(b, Tag::list, "a list");
  if (x.left() != y.left()) return false;
  while (x.left() > 0)
    if (!equal(x.next(), y.next())) return false;
  return true;
}

/// Of a key that stands there twice the last counts, as everywhere.
std::map<std::string_view, Encoded> pairs_of(Encoded dict) {
  std::map<std::string_view, Encoded> pairs;
  for (Walk walk(dict, Tag::dict, "a dict"); walk.left() > 0;) {
    const auto [key, value] = walk.next_pair();
    pairs[key] = value;
  }
  return pairs;
}

bool equal_dicts(Encoded a, Encoded b) {
  const auto x = pairs_of(a);
  const auto y = pairs_of(b);
  return std::equal(x.begin(), x.end(), y.begin(), y.end(), [](const auto& one, const auto& other) {
    return one.first == other.first && equal(one.second, other.second);
  });
}

/// Inside lists, what has no order but is the same is no obstacle to comparing what stands behind it.
std::weak_ordering order_items(Encoded a, Encoded b) {
  const Tag tag = tag_of(a);
  const bool unordered = tag == Tag::null || tag == Tag::dict || tag == Tag::reference;
  return unordered && equal(a, b) ? std::weak_ordering::equivalent : order(a, b);
}

std::weak_ordering order_lists(Encoded a, Encoded b) {
  Walk x(a, Tag::list, "a list");
  Walk y(b, Tag::list, "a list");
  while (x.left() > 0 && y.left() > 0)
    if (const auto by_item = order_items(x.next(), y.next()); by_item != 0) return by_item;
  return x.left() <=> y.left();
}

}  // namespace

void detail::refuse_count(std::size_t count) {
  throw ValueError("a value of " + std::to_string(count) + " bytes is too long for a frame");
}

std::size_t measure(std::string_view bytes, int depth, bool* refers) {
  bool some = false;
  const char* end = skip(bytes.data(), bytes.data() + bytes.size(), depth, some);
  if (refers && some) *refers = true;
  return end ? static_cast<std::size_t>(end - bytes.data()) : 0;
}

std::string_view kind_of(Encoded value) {
  switch (tag_of(value)) {
    case Tag::null:
      return "null";
    case Tag::no:
    case Tag::yes:
      return "a bool";
    case Tag::integer:
    case Tag::natural:
      return "an integer";
    case Tag::real:
      return "a real";
    case Tag::text:
      return "a text";
    case Tag::bytes:
      return "bytes";
    case Tag::list:
      return "a list";
    case Tag::dict:
      return "a dict";
    case Tag::reference:
      return "a proxy";
  }
  return "unknown";
}

std::int64_t integer_of(Encoded value, std::string_view what) {
  if (tag_of(value) != Tag::integer) wrong_type(what, "an integer", value);
  return number_of<std::int64_t>(value);
}

std::string_view text_of(Encoded value, std::string_view what) {
  if (tag_of(value) != Tag::text) wrong_type(what, "a text", value);
  return content_of(value);
}

std::string_view bytes_of(Encoded value, std::string_view what) {
  if (tag_of(value) != Tag::bytes) wrong_type(what, "bytes", value);
  return content_of(value);
}

bool equal(Encoded a, Encoded b) {
  if (is_number(a) && is_number(b)) return order_numbers(a, b) == 0;
  if (tag_of(a) != tag_of(b)) return false;
  if (a == b) return true;
  if (tag_of(a) == Tag::list) return equal_lists(a, b);
  return tag_of(a) == Tag::dict && equal_dicts(a, b);
}

std::weak_ordering order(Encoded a, Encoded b) {
  if (is_number(a) && is_number(b)) {
    const std::partial_ordering order = order_numbers(a, b);
    if (order == 0) return std::weak_ordering::equivalent;
    if (order < 0) return std::weak_ordering::less;
    if (order > 0) return std::weak_ordering::greater;
    const auto is_nan = [](Encoded x) { return tag_of(x) == Tag::real && std::isnan(number_of<double>(x)); };
    return is_nan(a) <=> is_nan(b);
  }
  if (is_bool(a) && is_bool(b)) return tag_of(a) <=> tag_of(b);
  if (tag_of(a) == tag_of(b)) {
    if (tag_of(a) == Tag::text || tag_of(a) == Tag::bytes) return content_of(a) <=> content_of(b);
    if (tag_of(a) == Tag::list) return order_lists(a, b);
  }
  throw TypeError(std::string(kind_of(a)) + " and " + std::string(kind_of(b)) + " have no order");
}

Walk::Walk(Encoded value, Tag tag, std::string_view what) {
  if (tag_of(value) != tag) wrong_type(what, tag == Tag::list ? "a list" : "a dict", value);
  rest_ = value.substr(kHead);
  left_ = count_of(value);
}

Encoded Walk::next() {
  const Encoded value = rest_.substr(0, measure(rest_, kMaxReplyDepth));
  rest_.remove_prefix(value.size());
  --left_;
  return value;
}

std::pair<std::string_view, Encoded> Walk::next_pair() {
  const Encoded key = rest_.substr(0, measure(rest_, kMaxReplyDepth));
  rest_.remove_prefix(key.size());
  return {text_of(key, "a key"), next()};
}

}  // namespace shmoo::manager
