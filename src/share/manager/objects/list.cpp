// list: values by position. Negative positions count from the end; slices follow Python: cut to what is
// there, never an error.
#include <algorithm>
#include <vector>

#include "share/manager/objects.hpp"

namespace shmoo::manager {
namespace {

class List final : public ObjectOf<List> {
 public:
  static constexpr std::string_view name = "list";
  static const std::array<Exposed<List>, 18> exposed;

  static std::vector<std::string> values_of(Encoded list) {
    std::vector<std::string> values;
    Walk walk(list, Tag::list, "what a list takes its values from");
    values.reserve(walk.left());
    while (walk.left() > 0) values.emplace_back(walk.next());
    return values;
  }
  void extend_from(Encoded list) {
    auto values = values_of(list);
    std::move(values.begin(), values.end(), std::back_inserter(items_));
  }

 private:
  using Position = std::vector<std::string>::iterator;

  std::int64_t size() const { return static_cast<std::int64_t>(items_.size()); }

  /// The position that a negative or positive index means. Throws IndexError beyond the ends.
  Position at(Encoded argument) {
    const std::int64_t index = integer_of(argument, "a list index");
    if (index >= size() || index < -size())
      throw IndexError("list index " + std::to_string(index) + " of " + std::to_string(size()));
    return items_.begin() + (index < 0 ? index + size() : index);
  }
  /// The bound of a slice, cut to [least, most]; null means `otherwise`.
  std::int64_t bound(Encoded argument, std::int64_t otherwise, std::int64_t least, std::int64_t most) const {
    if (tag_of(argument) == Tag::null) return otherwise;
    std::int64_t index = integer_of(argument, "a slice bound");
    if (index < 0) index = index < -size() ? least : index + size();
    return std::clamp(index, least, most);
  }
  /// The range of a slice [start, stop); empty at start when it ends before it begins.
  std::pair<Position, Position> range(const Call& call) {
    const std::int64_t start = bound(call.arguments[0], 0, 0, size());
    const std::int64_t stop = std::max(start, bound(call.arguments[1], size(), 0, size()));
    return {items_.begin() + start, items_.begin() + stop};
  }
  Position find_or_fail(const Call& call) {
    const auto found = std::find_if(items_.begin(), items_.end(),
                                    [&](const std::string& item) { return equal(item, call.arguments[0]); });
    if (found == items_.end()) throw ValueError("the list does not have this value");
    return found;
  }
  void give_list(const Call& call, Position first, Position last) {
    put_list(call.reply.value(), static_cast<std::size_t>(last - first));
    for (; first != last; ++first) call.give(Raw{*first});
  }

  void getitem(const Call& call) { call.give(Raw{*at(call.arguments[0])}); }
  void setitem(const Call& call) {
    at(call.arguments[0])->assign(call.arguments[1]);
    call.give(nullptr);
  }
  void delitem(const Call& call) {
    items_.erase(at(call.arguments[0]));
    call.give(nullptr);
  }
  void contains(const Call& call) {
    call.give(std::any_of(items_.begin(), items_.end(),
                          [&](const std::string& item) { return equal(item, call.arguments[0]); }));
  }
  void len(const Call& call) { call.give(items_.size()); }
  void append(const Call& call) {
    items_.emplace_back(call.arguments[0]);
    call.give(nullptr);
  }
  void extend(const Call& call) {
    extend_from(call.arguments[0]);
    call.give(nullptr);
  }
  void insert(const Call& call) {
    const std::int64_t index = bound(call.arguments[0], 0, 0, size());
    items_.emplace(items_.begin() + index, call.arguments[1]);
    call.give(nullptr);
  }
  void pop(const Call& call) {
    if (items_.empty()) throw IndexError("pop from an empty list");
    const auto position = call.arguments.empty() ? items_.end() - 1 : at(call.arguments[0]);
    call.give(Raw{*position});
    items_.erase(position);
  }
  void remove(const Call& call) {
    items_.erase(find_or_fail(call));
    call.give(nullptr);
  }
  void reverse(const Call& call) {
    std::reverse(items_.begin(), items_.end());
    call.give(nullptr);
  }
  void count(const Call& call) {
    call.give(std::count_if(items_.begin(), items_.end(),
                            [&](const std::string& item) { return equal(item, call.arguments[0]); }));
  }
  void index(const Call& call) { call.give(find_or_fail(call) - items_.begin()); }
  void clear(const Call& call) {
    items_ = {};
    call.give(nullptr);
  }
  void copy(const Call& call) { give_list(call, items_.begin(), items_.end()); }

  void getslice(const Call& call) {
    const std::int64_t step =
        tag_of(call.argument(2, kNull)) == Tag::null ? 1 : integer_of(call.arguments[2], "a slice step");
    if (step == 0) throw ValueError("a slice step cannot be 0");
    if (step == 1) {
      const auto [first, last] = range(call);
      return give_list(call, first, last);
    }
    // With a negative step the slice runs from the last position down to the one before the first.
    const bool down = step < 0;
    const std::int64_t least = down ? -1 : 0;
    const std::int64_t most = down ? size() - 1 : size();
    const std::int64_t start = bound(call.arguments[0], down ? most : 0, least, most);
    const std::int64_t stop = bound(call.arguments[1], down ? least : most, least, most);
    const std::uint64_t stride =
        down ? 0 - static_cast<std::uint64_t>(step) : static_cast<std::uint64_t>(step);
    const std::int64_t way = down ? start - stop : stop - start;
    const std::uint64_t taken = way <= 0 ? 0 : (static_cast<std::uint64_t>(way) - 1) / stride + 1;
    put_list(call.reply.value(), taken);
    std::int64_t position = start;
    for (std::uint64_t i = 0; i < taken; ++i, position += step) {
      call.give(Raw{items_[static_cast<std::size_t>(position)]});
      if (i + 1 == taken) break;  // the next position may not even be a number
    }
  }
  void setslice(const Call& call) {
    auto values = values_of(call.arguments[2]);
    const auto [first, last] = range(call);
    const auto position = items_.erase(first, last);
    items_.insert(position, std::make_move_iterator(values.begin()), std::make_move_iterator(values.end()));
    call.give(nullptr);
  }
  void delslice(const Call& call) {
    const auto [first, last] = range(call);
    items_.erase(first, last);
    call.give(nullptr);
  }

  std::vector<std::string> items_;
};

const std::array<Exposed<List>, 18> List::exposed{{
    {Method::getitem, 1, 1, &List::getitem},
    {Method::setitem, 2, 2, &List::setitem},
    {Method::delitem, 1, 1, &List::delitem},
    {Method::contains, 1, 1, &List::contains},
    {Method::len, 0, 0, &List::len},
    {Method::append, 1, 1, &List::append},
    {Method::extend, 1, 1, &List::extend},
    {Method::insert, 2, 2, &List::insert},
    {Method::pop, 0, 1, &List::pop},
    {Method::remove, 1, 1, &List::remove},
    {Method::reverse, 0, 0, &List::reverse},
    {Method::count, 1, 1, &List::count},
    {Method::index, 1, 1, &List::index},
    {Method::clear, 0, 0, &List::clear},
    {Method::copy, 0, 0, &List::copy},
    {Method::getslice, 2, 3, &List::getslice},
    {Method::setslice, 3, 3, &List::setslice},
    {Method::delslice, 2, 2, &List::delslice},
}};

}  // namespace

std::unique_ptr<Object> make_list(Arguments arguments) {
  check_creation(arguments, List::name, 0, 1);
  auto list = std::make_unique<List>();
  if (!arguments.empty()) list->extend_from(arguments[0]);
  return list;
}

}  // namespace shmoo::manager
