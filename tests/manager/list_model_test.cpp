// A list in the server against a model of Python's list, in random steps.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>

#include "share/manager/manager.hpp"
#include "share/manager/proxies.hpp"

namespace shmoo::manager {
namespace {

using Bound = std::optional<std::int64_t>;

json as_json(Bound bound) {
  return bound ? json(*bound) : json(nullptr);
}

/// Python's slices by their definition: the positions that one visits.
std::vector<std::size_t> positions(std::int64_t size, Bound start, Bound stop, std::int64_t step) {
  const auto place = [&](std::int64_t bound) { return bound < 0 ? bound + size : bound; };
  std::vector<std::size_t> visited;
  if (step > 0) {
    const std::int64_t last = std::min(stop ? place(*stop) : size, size);
    for (std::int64_t i = std::max<std::int64_t>(start ? place(*start) : 0, 0); i < last; i += step)
      visited.push_back(static_cast<std::size_t>(i));
  } else {
    const std::int64_t last = std::max<std::int64_t>(stop ? place(*stop) : -1, -1);
    for (std::int64_t i = std::min(start ? place(*start) : size - 1, size - 1); i > last; i += step)
      visited.push_back(static_cast<std::size_t>(i));
  }
  return visited;
}

class ListModel : public testing::TestWithParam<unsigned> {
 protected:
  std::int64_t size() const { return static_cast<std::int64_t>(model.size()); }
  std::int64_t any(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(random);
  }
  Bound bound() { return any(0, 4) == 0 ? Bound() : Bound(any(-size() - 2, size() + 2)); }
  json value() {
    switch (any(0, 3)) {
      case 0:
        return any(-5, 5);
      case 1:
        return static_cast<double>(any(-10, 10)) / 2;
      default:
        return any(0, 100);
    }
  }
  json values(std::int64_t count) {
    json some = json::array();
    while (count-- > 0) some.push_back(value());
    return some;
  }
  /// Where Python puts what is inserted before `index`.
  std::ptrdiff_t cut(std::int64_t index) const {
    return std::clamp<std::int64_t>(index < 0 ? index + size() : index, 0, size());
  }

  template <class E, class Act>
  static bool throws(Act act) {
    try {
      act();
    } catch (const E&) {
      return true;
    }
    return false;
  }
  /// With a single value at a random index, within the list or beyond.
  void element();
  void slice();
  void whole();
  void search();

  std::mt19937 random{GetParam()};
  Manager manager;
  List list{manager};
  std::vector<json> model;
};

void ListModel::element() {
  const std::int64_t index = any(-size() - 1, size());
  const bool there = index >= -size() && index < size();
  // Only where there is one.
  const auto place = [&] { return model.begin() + (index < 0 ? index + size() : index); };
  switch (any(0, 4)) {
    case 0: {
      const json x = value();
      list.insert(index, x);
      model.insert(model.begin() + cut(index), x);
      return;
    }
    case 1: {
      const json x = value();
      ASSERT_EQ(throws<IndexError>([&] { list.set(index, x); }), !there);
      if (there) *place() = x;
      return;
    }
    case 2:
      ASSERT_EQ(throws<IndexError>([&] { list.erase(index); }), !there);
      if (there) model.erase(place());
      return;
    case 3:
      if (there) {
        ASSERT_EQ(list.pop(index), *place());
        model.erase(place());
      }
      return;
    default:
      if (there) {
        ASSERT_EQ(list.get(index), *place());
      }
  }
}

void ListModel::slice() {
  const Bound start = bound();
  const Bound stop = bound();
  std::int64_t step = any(0, 1) ? 1 : any(-4, 4);
  if (step == 0) step = any(0, 1) ? INT64_MAX : INT64_MIN;
  // A step that is beyond any list visits one position: the model need not go further.
  const std::int64_t small = std::clamp<std::int64_t>(step, -1000, 1000);
  auto visited = positions(size(), start, stop, small);
  switch (any(0, 2)) {
    case 0: {
      json expected = json::array();
      for (const std::size_t i : visited) expected.push_back(model[i]);
      ASSERT_EQ(list.slice(as_json(start), as_json(stop), step), expected);
      return;
    }
    case 1: {
      const json given = values(any(0, 1) ? static_cast<std::int64_t>(visited.size()) : any(0, 5));
      const bool fits = step == 1 || given.size() == visited.size();
      ASSERT_EQ(throws<ValueError>([&] { list.set_slice(as_json(start), as_json(stop), given, step); }),
                !fits);
      if (!fits) return;
      if (step == 1) {
        const auto first = model.begin() + cut(start.value_or(0));
        const auto rest = model.erase(first, first + static_cast<std::ptrdiff_t>(visited.size()));
        model.insert(rest, given.begin(), given.end());
      } else {
        for (std::size_t i = 0; i < visited.size(); ++i) model[visited[i]] = given[i];
      }
      return;
    }
    default:
      list.erase_slice(as_json(start), as_json(stop), step);
      std::sort(visited.rbegin(), visited.rend());
      for (const std::size_t i : visited) model.erase(model.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void ListModel::whole() {
  switch (any(0, 5)) {
    case 0: {
      const json more = values(any(0, 8));
      list += more;
      model.insert(model.end(), more.begin(), more.end());
      return;
    }
    case 1:
      list.reverse();
      std::reverse(model.begin(), model.end());
      return;
    case 2:
      list.sort();
      std::stable_sort(model.begin(), model.end());
      return;
    case 3:
      list.sort(true);
      std::stable_sort(model.begin(), model.end(), std::greater<>());
      return;
    case 4: {
      if (size() > 20) return list.clear(), model.clear();
      const std::int64_t times = any(-1, 2);
      list *= times;
      const auto once = model;
      model.clear();
      for (std::int64_t i = 0; i < times; ++i) model.insert(model.end(), once.begin(), once.end());
      return;
    }
    default:
      list.append(model.size());
      model.emplace_back(model.size());
  }
}

void ListModel::search() {
  const json wanted = value();
  const Bound start = bound();
  const Bound stop = bound();
  std::optional<std::size_t> expected;
  for (const std::size_t i : positions(size(), start, stop, 1))
    if (!expected && model[i] == wanted) expected = i;
  std::optional<std::size_t> found;
  try {
    found = list.index(wanted, as_json(start), as_json(stop));
  } catch (const ValueError&) {
  }
  ASSERT_EQ(found, expected);
  ASSERT_EQ(list.count(wanted), static_cast<std::size_t>(std::count(model.begin(), model.end(), wanted)));
  const auto first = std::find(model.begin(), model.end(), wanted);
  ASSERT_EQ(list.contains(wanted), first != model.end());
  ASSERT_EQ(throws<ValueError>([&] { list.remove(wanted); }), first == model.end());
  if (first != model.end()) model.erase(first);
}

TEST_P(ListModel, does_what_pythons_list_does) {
  for (int step = 0; step < 1500; ++step) {
    switch (any(0, 3)) {
      case 0:
        element();
        break;
      case 1:
        slice();
        break;
      case 2:
        whole();
        break;
      default:
        search();
    }
    if (HasFatalFailure()) FAIL() << "at step " << step;
    // Equal is not enough: a stable sort leaves 1 and 1.0 in their order.
    ASSERT_EQ(list.copy().dump(), json(model).dump()) << "at step " << step;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ListModel, testing::Range(1U, 7U));

}  // namespace
}  // namespace shmoo::manager
