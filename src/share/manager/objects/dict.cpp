// dict: texts to values, in no order that anybody may rely on.
#include <unordered_map>

#include "share/manager/objects.hpp"

namespace shmoo::manager {
namespace {

struct TextHash : std::hash<std::string_view> {
  using is_transparent = void;
};
using Map = std::unordered_map<std::string, std::string, TextHash, std::equal_to<>>;

class Dict final : public ObjectOf<Dict> {
 public:
  static constexpr std::string_view name = "dict";
  static const std::array<Exposed<Dict>, 15> exposed;

  void fill(Encoded dict) {
    check_dict(dict);
    keep(dict);
    update_from(dict);
  }

 private:
  static void check_dict(Encoded dict) { Walk(dict, Tag::dict, "what a dict is updated from"); }
  /// What comes in with `dict` must have been kept.
  void update_from(Encoded dict) {
    for (Walk pairs(dict, Tag::dict, "what a dict is updated from"); pairs.left() > 0;) {
      const auto [key, value] = pairs.next_pair();
      store(key, value);
    }
  }
  static std::string_view key_of(const Call& call) { return text_of(call.arguments[0], "a key"); }

  void store(std::string_view key, Encoded value) {
    if (const auto found = map_.find(key); found != map_.end()) {
      part_with(found->second);
      found->second.assign(value);
    } else {
      map_.emplace(key, value);
    }
  }
  void take_out(Map::iterator entry) {
    part_with(entry->second);
    map_.erase(entry);
  }
  /// The entry, or the end after the call was made to fail.
  Map::iterator find_or_fail(const Call& call) {
    const auto found = map_.find(key_of(call));
    if (found == map_.end()) call.reply.fail(ErrorKind::key, "the dict has no key " + shown(key_of(call)));
    return found;
  }

  void getitem(const Call& call) {
    if (const auto found = find_or_fail(call); found != map_.end()) call.give(Raw{found->second});
  }
  void setitem(const Call& call) {
    const std::string_view key = key_of(call);
    keep(call, call.arguments[1]);
    store(key, call.arguments[1]);
    call.give(nullptr);
  }
  void delitem(const Call& call) {
    const auto found = find_or_fail(call);
    if (found == map_.end()) return;
    take_out(found);
    call.give(nullptr);
  }
  void contains(const Call& call) { call.give(map_.contains(key_of(call))); }
  void len(const Call& call) { call.give(map_.size()); }
  void keys(const Call& call) {
    put_list(call.reply.value(), map_.size());
    for (const auto& [key, value] : map_) call.give(std::string_view(key));
  }
  void values(const Call& call) {
    put_list(call.reply.value(), map_.size());
    for (const auto& [key, value] : map_) call.give(Raw{value});
  }
  void items(const Call& call) {
    put_list(call.reply.value(), map_.size());
    for (const auto& [key, value] : map_) {
      put_list(call.reply.value(), 2);
      call.give(std::string_view(key));
      call.give(Raw{value});
    }
  }
  void get(const Call& call) {
    const auto found = map_.find(key_of(call));
    call.give(Raw{found != map_.end() ? Encoded(found->second) : call.argument(1, kNull)});
  }
  void update(const Call& call) {
    check_dict(call.arguments[0]);
    keep(call, call.arguments[0]);
    update_from(call.arguments[0]);
    call.give(nullptr);
  }
  void pop(const Call& call) {
    const auto found = map_.find(key_of(call));
    if (found == map_.end()) {
      if (call.arguments.size() == 1) return find_or_fail(call), void();
      return call.give(Raw{call.arguments[1]});
    }
    call.give(Raw{found->second});
    take_out(found);
  }
  void popitem(const Call& call) {
    if (map_.empty()) throw KeyError("popitem from an empty dict");
    const auto found = map_.begin();
    put_list(call.reply.value(), 2);
    call.give(std::string_view(found->first));
    call.give(Raw{found->second});
    take_out(found);
  }
  void setdefault(const Call& call) {
    auto found = map_.find(key_of(call));
    if (found == map_.end()) {
      const Encoded value = call.argument(1, kNull);
      keep(call, value);
      found = map_.emplace(key_of(call), value).first;
    }
    call.give(Raw{found->second});
  }
  void clear(const Call& call) {
    if (refers())
      for (const auto& [key, value] : map_) part_with(value);
    map_ = Map();  // not clear(): the table of a million buckets would stay
    call.give(nullptr);
  }
  void copy(const Call& call) {
    put_dict(call.reply.value(), map_.size());
    for (const auto& [key, value] : map_) {
      call.give(std::string_view(key));
      call.give(Raw{value});
    }
  }

  Map map_;
};

const std::array<Exposed<Dict>, 15> Dict::exposed{{
    {Method::getitem, 1, 1, &Dict::getitem},
    {Method::setitem, 2, 2, &Dict::setitem},
    {Method::delitem, 1, 1, &Dict::delitem},
    {Method::contains, 1, 1, &Dict::contains},
    {Method::len, 0, 0, &Dict::len},
    {Method::keys, 0, 0, &Dict::keys},
    {Method::values, 0, 0, &Dict::values},
    {Method::items, 0, 0, &Dict::items},
    {Method::get, 1, 2, &Dict::get},
    {Method::update, 1, 1, &Dict::update},
    {Method::pop, 1, 2, &Dict::pop},
    {Method::popitem, 0, 0, &Dict::popitem},
    {Method::setdefault, 1, 2, &Dict::setdefault},
    {Method::clear, 0, 0, &Dict::clear},
    {Method::copy, 0, 0, &Dict::copy},
}};

}  // namespace

std::unique_ptr<Object> make_dict(Arguments arguments) {
  check_creation(arguments, Dict::name, 0, 1);
  auto dict = std::make_unique<Dict>();
  if (!arguments.empty()) dict->fill(arguments[0]);
  return dict;
}

}  // namespace shmoo::manager
