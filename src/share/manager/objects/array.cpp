// array: a fixed number of elements of the same number of bytes, zero at the start. Elements and slices
// travel as bytes.
#include "share/manager/objects.hpp"

namespace shmoo::manager {
namespace {

class Array final : public ObjectOf<Array> {
 public:
  static constexpr std::string_view name = "array";
  static const std::array<Exposed<Array>, 6> exposed;

  Array(std::size_t width, std::size_t count) : width_(width), memory_(width * count, '\0') {}

 private:
  std::int64_t size() const { return static_cast<std::int64_t>(memory_.size() / width_); }

  /// Where element `index` starts, which may be negative. Throws IndexError beyond the ends.
  std::size_t at(Encoded argument) const {
    const std::int64_t index = integer_of(argument, "an array index");
    if (index >= size() || index < -size())
      throw IndexError("array index " + std::to_string(index) + " of " + std::to_string(size()));
    return static_cast<std::size_t>(index < 0 ? index + size() : index) * width_;
  }
  std::string_view element_of(Encoded argument) const {
    const std::string_view element = bytes_of(argument, "an array element");
    if (element.size() != width_)
      throw ValueError("an element of " + std::to_string(element.size()) +
                       " bytes for an array of elements of " + std::to_string(width_));
    return element;
  }
  struct Range {
    std::size_t first;
    std::size_t bytes;
  };
  /// Negative bounds count from the end, null is the end.
  std::int64_t bound(Encoded argument) const {
    if (tag_of(argument) == Tag::null) return size();
    const std::int64_t index = integer_of(argument, "a slice bound");
    return index < 0 ? index + size() : index;
  }
  /// [first, last): both within the array, unlike a list's, since its length is fixed.
  Range range(const Call& call) const {
    const std::int64_t first = bound(call.arguments[0]);
    const std::int64_t last = bound(call.arguments[1]);
    if (first < 0 || last < first || last > size())
      throw IndexError("array slice " + std::to_string(first) + " to " + std::to_string(last) + " of " +
                       std::to_string(size()));
    return {static_cast<std::size_t>(first) * width_, static_cast<std::size_t>(last - first) * width_};
  }

  void len(const Call& call) { call.give(size()); }
  void getitem(const Call& call) {
    call.give(Bytes{std::string_view(memory_).substr(at(call.arguments[0]), width_)});
  }
  void setitem(const Call& call) {
    memory_.replace(at(call.arguments[0]), width_, element_of(call.arguments[1]));
    call.give(nullptr);
  }
  /// (index, expected, desired) -> [true], or [false, what it is] and nothing is changed.
  void swap(const Call& call) {
    const std::size_t where = at(call.arguments[0]);
    const std::string_view now = std::string_view(memory_).substr(where, width_);
    const std::string_view desired = element_of(call.arguments[2]);
    const bool same = now == element_of(call.arguments[1]);
    put_list(call.reply.value(), same ? 1 : 2);
    call.give(same);
    if (same)
      memory_.replace(where, width_, desired);
    else
      call.give(Bytes{now});
  }
  void getslice(const Call& call) {
    const auto [first, bytes] = range(call);
    call.give(Bytes{std::string_view(memory_).substr(first, bytes)});
  }
  void setslice(const Call& call) {
    const auto [first, bytes] = range(call);
    const std::string_view values = bytes_of(call.arguments[2], "an array slice");
    if (values.size() != bytes)
      throw ValueError(std::to_string(values.size()) + " bytes for a slice of " + std::to_string(bytes));
    memory_.replace(first, bytes, values);
    call.give(nullptr);
  }

  std::size_t width_;
  std::string memory_;
};

const std::array<Exposed<Array>, 6> Array::exposed{{
    {Method::len, 0, 0, &Array::len},
    {Method::getitem, 1, 1, &Array::getitem},
    {Method::setitem, 2, 2, &Array::setitem},
    {Method::swap, 3, 3, &Array::swap},
    {Method::getslice, 2, 2, &Array::getslice},
    {Method::setslice, 3, 3, &Array::setslice},
}};

}  // namespace

std::unique_ptr<Object> make_array(Arguments arguments) {
  check_creation(arguments, Array::name, 2, 2);
  const std::int64_t width = integer_of(arguments[0], "the size of an element");
  const std::int64_t count = integer_of(arguments[1], "the number of elements");
  constexpr auto most = static_cast<std::int64_t>(kMaxBody);
  if (width < 1 || count < 0 || width > most || count > most / width)
    throw ValueError("an array of " + std::to_string(count) + " elements of " + std::to_string(width) +
                     " bytes");
  return std::make_unique<Array>(static_cast<std::size_t>(width), static_cast<std::size_t>(count));
}

}  // namespace shmoo::manager
