#include "share/manager/codec.hpp"

#include <limits>
#include <string>

namespace shmoo::manager {
namespace {

constexpr std::size_t kHead = 5;  // tag and count

/// Where the value that starts at `at` ends; nullptr when it does not fit before `end` or is none.
const char* skip(const char* at, const char* end, int depth) {
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
          at = skip(at, end, 0);
          if (!at) return nullptr;
        }
        at = skip(at, end, depth - 1);
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

std::optional<double> as_real(Encoded value) {
  switch (tag_of(value)) {
    case Tag::integer:
      return static_cast<double>(number_of<std::int64_t>(value));
    case Tag::natural:
      return static_cast<double>(number_of<std::uint64_t>(value));
    case Tag::real:
      return number_of<double>(value);
    default:
      return std::nullopt;
  }
}

}  // namespace

void detail::put_head(Buffer& out, Tag tag, std::size_t count) {
  if (count > std::numeric_limits<std::uint32_t>::max())
    throw ValueError("a value of " + std::to_string(count) + " bytes is too long for a frame");
  const auto short_count = static_cast<std::uint32_t>(count);
  char* at = out.room(kHead);
  *at = static_cast<char>(tag);
  std::memcpy(at + 1, &short_count, sizeof short_count);
  out.commit(kHead);
}

std::size_t measure(std::string_view bytes) {
  const char* end = skip(bytes.data(), bytes.data() + bytes.size(), kMaxDepth);
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
  }
  return "unknown";
}

std::int64_t integer_of(Encoded value, std::string_view what) {
  if (tag_of(value) != Tag::integer) wrong_type(what, "an integer", value);
  return number_of<std::int64_t>(value);
}

std::string_view text_of(Encoded value, std::string_view what) {
  if (tag_of(value) != Tag::text) wrong_type(what, "a text", value);
  return value.substr(kHead, count_of(value));
}

std::string_view bytes_of(Encoded value, std::string_view what) {
  if (tag_of(value) != Tag::bytes) wrong_type(what, "bytes", value);
  return value.substr(kHead, count_of(value));
}

bool equal(Encoded a, Encoded b) {
  if (tag_of(a) == tag_of(b)) return tag_of(a) == Tag::real ? as_real(a) == as_real(b) : a == b;
  const auto x = as_real(a);
  const auto y = as_real(b);
  return x && y && *x == *y;
}

Walk::Walk(Encoded value, Tag tag, std::string_view what) {
  if (tag_of(value) != tag) wrong_type(what, tag == Tag::list ? "a list" : "a dict", value);
  rest_ = value.substr(kHead);
  left_ = count_of(value);
}

Encoded Walk::next() {
  const Encoded value = rest_.substr(0, measure(rest_));
  rest_.remove_prefix(value.size());
  --left_;
  return value;
}

std::pair<std::string_view, Encoded> Walk::next_pair() {
  const Encoded key = rest_.substr(0, measure(rest_));
  rest_.remove_prefix(key.size());
  return {text_of(key, "a key"), next()};
}

}  // namespace shmoo::manager
