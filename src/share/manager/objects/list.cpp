// list: values by position. Negative positions count from the end; slices follow Python: cut to what is
// there, never an error but for the number of values of an extended one.
#include <algorithm>
#include <vector>

#include "share/manager/objects.hpp"

namespace shmoo::manager {
namespace {

class List final : public ObjectOf<List> {
 public:
  static constexpr std::string_view name = "list";
  static const std::array<Exposed<List>, 20> exposed;

  void fill(Encoded list) {
    items_ = values_of(list);
    keep(list);
  }

 private:
  using Position = std::vector<std::string>::iterator;

  static std::vector<std::string> values_of(Encoded list) {
    std::vector<std::string> values;
    Walk walk(list, Tag::list, "what a list takes its values from");
    values.reserve(walk.left());
    while (walk.left() > 0) values.emplace_back(walk.next());
    return values;
  }

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

  /// Positions start, start + step ...: `count` of them, all in the list.
  struct Slice {
    std::int64_t start;
    std::int64_t step;
    std::size_t count;

    std::size_t operator[](std::size_t i) const {
      return static_cast<std::size_t>(start + static_cast<std::int64_t>(i) * step);
    }
  };
  /// A slice as Python takes it: (start, stop) are the first two arguments, the step may be argument `third`.
  /// One of no positions stands where it begins.
  Slice slice(const Call& call, std::size_t third) const {
    const Encoded given = call.argument(third, kNull);
    std::int64_t step = tag_of(given) == Tag::null ? 1 : integer_of(given, "a slice step");
    if (step == 0) throw ValueError("a slice step cannot be 0");
    // With a negative step the slice runs from the last position down to the one before the first.
    const bool down = step < 0;
    const std::int64_t least = down ? -1 : 0;
    const std::int64_t most = down ? size() - 1 : size();
    const std::int64_t start = bound(call.arguments[0], down ? most : least, least, most);
    const std::int64_t stop = bound(call.arguments[1], down ? least : most, least, most);
    const std::int64_t way = down ? start - stop : stop - start;
    if (way <= 0) return {start, step, 0};
    // A step beyond the list is as good as the next one beyond it.
    step = std::clamp(step, -size() - 1, size() + 1);
    const std::int64_t stride = down ? -step : step;
    return {start, step, static_cast<std::size_t>((way - 1) / stride + 1)};
  }

  Position find_or_fail(const Call& call, Position first, Position last) const {
    const auto found =
        std::find_if(first, last, [&](const std::string& item) { return equal(item, call.arguments[0]); });
    if (found == last) throw ValueError("the list does not have this value");
    return found;
  }
  void take_out(Position position) {
    part_with(*position);
    items_.erase(position);
  }

  void getitem(const Call& call) { call.give(Raw{*at(call.arguments[0])}); }
  void setitem(const Call& call) {
    replace(call, *at(call.arguments[0]), call.arguments[1]);
    call.give(nullptr);
  }
  void replace(const Call& call, std::string& item, Encoded value) {
    keep(call, value);
    part_with(item);
    item.assign(value);
  }
  void delitem(const Call& call) {
    take_out(at(call.arguments[0]));
    call.give(nullptr);
  }
  void contains(const Call& call) {
    call.give(std::any_of(items_.begin(), items_.end(),
                          [&](const std::string& item) { return equal(item, call.arguments[0]); }));
  }
  void len(const Call& call) { call.give(items_.size()); }
  void append(const Call& call) {
    keep(call, call.arguments[0]);
    items_.emplace_back(call.arguments[0]);
    call.give(nullptr);
  }
  void extend(const Call& call) {
    auto values = values_of(call.arguments[0]);
    keep(call, call.arguments[0]);
    std::move(values.begin(), values.end(), std::back_inserter(items_));
    call.give(nullptr);
  }
  void insert(const Call& call) {
    const std::int64_t index = bound(call.arguments[0], 0, 0, size());
    keep(call, call.arguments[1]);
    items_.emplace(items_.begin() + index, call.arguments[1]);
    call.give(nullptr);
  }
  void pop(const Call& call) {
    if (items_.empty()) throw IndexError("pop from an empty list");
    const auto position = call.arguments.empty() ? items_.end() - 1 : at(call.arguments[0]);
    call.give(Raw{*position});
    take_out(position);
  }
  void remove(const Call& call) {
    take_out(find_or_fail(call, items_.begin(), items_.end()));
    call.give(nullptr);
  }
  void reverse(const Call& call) {
    std::reverse(items_.begin(), items_.end());
    call.give(nullptr);
  }
  /// ([whether the greatest comes first]): what is equal keeps its order. Throws TypeError, and leaves the
  /// list as it was, when there are values that cannot be compared.
  void sort(const Call& call) {
    const Encoded given = call.argument(0, kNull);
    if (tag_of(given) != Tag::yes && tag_of(given) != Tag::no && tag_of(given) != Tag::null)
      throw TypeError("whether to sort in reverse must be a bool, not " + std::string(kind_of(given)));
    std::vector<std::size_t> sorted(items_.size());
    for (std::size_t i = 0; i < sorted.size(); ++i) sorted[i] = i;
    if (tag_of(given) == Tag::yes)
      std::stable_sort(sorted.begin(), sorted.end(),
                       [this](std::size_t a, std::size_t b) { return order(items_[b], items_[a]) < 0; });
    else
      std::stable_sort(sorted.begin(), sorted.end(),
                       [this](std::size_t a, std::size_t b) { return order(items_[a], items_[b]) < 0; });
    std::vector<std::string> items;
    items.reserve(items_.size());
    for (const std::size_t i : sorted) items.push_back(std::move(items_[i]));
    items_ = std::move(items);
    call.give(nullptr);
  }
  void count(const Call& call) {
    call.give(std::count_if(items_.begin(), items_.end(),
                            [&](const std::string& item) { return equal(item, call.arguments[0]); }));
  }
  /// (value, [start, [stop]]): bounds as those of a slice.
  void index(const Call& call) {
    const std::int64_t start = bound(call.argument(1, kNull), 0, 0, size());
    const std::int64_t stop = std::max(start, bound(call.argument(2, kNull), size(), 0, size()));
    call.give(find_or_fail(call, items_.begin() + start, items_.begin() + stop) - items_.begin());
  }
  void clear(const Call& call) {
    if (refers())
      for (const std::string& item : items_) part_with(item);
    items_ = {};
    call.give(nullptr);
  }
  void copy(const Call& call) {
    put_list(call.reply.value(), items_.size());
    for (const std::string& item : items_) call.give(Raw{item});
  }
  /// Python's *=. No call brings in more than a frame could carry, however small the values.
  void repeat(const Call& call) {
    const std::int64_t times = integer_of(call.arguments[0], "how often a list is repeated");
    if (times <= 0 || items_.empty()) return clear(call);
    std::size_t bytes = 0;
    for (const std::string& item : items_) bytes += item.size() + sizeof item;
    const std::size_t most = kMaxPayload / bytes + 1;
    if (static_cast<std::uint64_t>(times) > most)
      throw ValueError("a list of " + std::to_string(bytes) + " bytes cannot be repeated " +
                       std::to_string(times) + " times");
    const std::size_t once = items_.size();
    items_.reserve(once * static_cast<std::size_t>(times));
    for (std::int64_t i = 1; i < times; ++i)
      for (std::size_t k = 0; k < once; ++k) {
        if (refers()) keep(items_[k]);
        items_.push_back(items_[k]);
      }
    call.give(nullptr);
  }

  void getslice(const Call& call) {
    const Slice taken = slice(call, 2);
    put_list(call.reply.value(), taken.count);
    for (std::size_t i = 0; i < taken.count; ++i) call.give(Raw{items_[taken[i]]});
  }
  /// (start, stop, values, [step]): as many values as one likes in the place of a plain slice, exactly as
  /// many as there are in an extended one.
  void setslice(const Call& call) {
    auto values = values_of(call.arguments[2]);
    const Slice taken = slice(call, 3);
    if (taken.step != 1 && values.size() != taken.count)
      throw ValueError(std::to_string(values.size()) + " values for an extended slice of " +
                       std::to_string(taken.count));
    keep(call, call.arguments[2]);
    for (std::size_t i = 0; i < taken.count; ++i) part_with(items_[taken[i]]);
    const std::size_t replaced = std::min(taken.count, values.size());
    for (std::size_t i = 0; i < replaced; ++i) items_[taken[i]] = std::move(values[i]);
    if (taken.step == 1) {
      const auto rest = items_.begin() + taken.start + static_cast<std::ptrdiff_t>(replaced);
      if (values.size() > replaced)
        items_.insert(rest, std::make_move_iterator(values.begin() + static_cast<std::ptrdiff_t>(replaced)),
                      std::make_move_iterator(values.end()));
      else
        items_.erase(rest, items_.begin() + taken.start + static_cast<std::ptrdiff_t>(taken.count));
    }
    call.give(nullptr);
  }
  /// (start, stop, [step])
  void delslice(const Call& call) {
    const Slice taken = slice(call, 2);
    for (std::size_t i = 0; i < taken.count; ++i) part_with(items_[taken[i]]);
    if (taken.count > 0)
      erase(taken.step > 0
                ? taken
                : Slice{static_cast<std::int64_t>(taken[taken.count - 1]), -taken.step, taken.count});
    call.give(nullptr);
  }
  /// Of a step above 0: what stays moves up, each once.
  void erase(Slice taken) {
    std::size_t next = 0;
    std::size_t to = taken[0];
    for (std::size_t from = to; from < items_.size(); ++from) {
      if (next < taken.count && from == taken[next])
        ++next;
      else
        items_[to++] = std::move(items_[from]);
    }
    items_.resize(to);
  }

  std::vector<std::string> items_;
};

const std::array<Exposed<List>, 20> List::exposed{{
    {Method::getitem, 1, 1, &List::getitem},   {Method::setitem, 2, 2, &List::setitem},
    {Method::delitem, 1, 1, &List::delitem},   {Method::contains, 1, 1, &List::contains},
    {Method::len, 0, 0, &List::len},           {Method::append, 1, 1, &List::append},
    {Method::extend, 1, 1, &List::extend},     {Method::insert, 2, 2, &List::insert},
    {Method::pop, 0, 1, &List::pop},           {Method::remove, 1, 1, &List::remove},
    {Method::reverse, 0, 0, &List::reverse},   {Method::sort, 0, 1, &List::sort},
    {Method::count, 1, 1, &List::count},       {Method::index, 1, 3, &List::index},
    {Method::clear, 0, 0, &List::clear},       {Method::copy, 0, 0, &List::copy},
    {Method::repeat, 1, 1, &List::repeat},     {Method::getslice, 2, 3, &List::getslice},
    {Method::setslice, 3, 4, &List::setslice}, {Method::delslice, 2, 3, &List::delslice},
}};

}  // namespace

std::unique_ptr<Object> make_list(Arguments arguments) {
  check_creation(arguments, List::name, 0, 1);
  auto list = std::make_unique<List>();
  if (!arguments.empty()) list->fill(arguments[0]);
  return list;
}

}  // namespace shmoo::manager
