// dict: texts to values, in the order in which the texts came.
#include "share/manager/objects.hpp"
#include "share/manager/objects/text_map.hpp"

namespace shmoo::manager {
namespace {

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
  static void give_pair(const Call& call, const TextMap::Entry& entry) {
    call.give(std::string_view(entry.key));
    call.give(Raw{entry.value});
  }
  static std::string_view key_of(const Call& call) { return text_of(call.arguments[0], "a key"); }

  void store(std::string_view key, Encoded value) {
    if (TextMap::Entry* const found = map_.find(key)) {
      part_with(found->value);
      found->value.assign(value);
    } else {
      map_.add(key, value);
    }
  }
  void take_out(TextMap::Entry& entry) {
    part_with(entry.value);
    map_.erase(entry);
  }
  /// The entry, or null after the call was made to fail.
  TextMap::Entry* find_or_fail(const Call& call) {
    TextMap::Entry* const found = map_.find(key_of(call));
    if (!found) call.reply.fail(ErrorKind::key, "the dict has no key " + shown(key_of(call)));
    return found;
  }

  void getitem(const Call& call) {
    if (const TextMap::Entry* const found = find_or_fail(call)) call.give(Raw{found->value});
  }
  void setitem(const Call& call) {
    const std::string_view key = key_of(call);
    keep(call, call.arguments[1]);
    store(key, call.arguments[1]);
    call.give(nullptr);
  }
  void delitem(const Call& call) {
    TextMap::Entry* const found = find_or_fail(call);
    if (!found) return;
    take_out(*found);
    call.give(nullptr);
  }
  void contains(const Call& call) { call.give(map_.find(key_of(call)) != nullptr); }
  void len(const Call& call) { call.give(map_.size()); }
  void keys(const Call& call) {
    put_list(call.reply.value(), map_.size());
    map_.each([&](const TextMap::Entry& entry) { call.give(std::string_view(entry.key)); });
  }
  void values(const Call& call) {
    put_list(call.reply.value(), map_.size());
    map_.each([&](const TextMap::Entry& entry) { call.give(Raw{entry.value}); });
  }
  void items(const Call& call) {
    put_list(call.reply.value(), map_.size());
    map_.each([&](const TextMap::Entry& entry) {
      put_list(call.reply.value(), 2);
      give_pair(call, entry);
    });
  }
  void get(const Call& call) {
    const TextMap::Entry* const found = map_.find(key_of(call));
    call.give(Raw{found ? Encoded(found->value) : call.argument(1, kNull)});
  }
  void update(const Call& call) {
    check_dict(call.arguments[0]);
    keep(call, call.arguments[0]);
    update_from(call.arguments[0]);
    call.give(nullptr);
  }
  void pop(const Call& call) {
    TextMap::Entry* const found = map_.find(key_of(call));
    if (!found) {
      if (call.arguments.size() == 1) return find_or_fail(call), void();
      return call.give(Raw{call.arguments[1]});
    }
    call.give(Raw{found->value});
    take_out(*found);
  }
  void popitem(const Call& call) {
    if (map_.empty()) throw KeyError("popitem from an empty dict");
    put_list(call.reply.value(), 2);
    give_pair(call, map_.last());
    take_out(map_.last());
  }
  void setdefault(const Call& call) {
    const TextMap::Entry* found = map_.find(key_of(call));
    if (!found) {
      const Encoded value = call.argument(1, kNull);
      keep(call, value);
      found = &map_.add(key_of(call), value);
    }
    call.give(Raw{found->value});
  }
  void clear(const Call& call) {
    if (refers()) map_.each([&](const TextMap::Entry& entry) { part_with(entry.value); });
    map_ = TextMap();  // and the room for a million keys with it
    call.give(nullptr);
  }
  void copy(const Call& call) {
    put_dict(call.reply.value(), map_.size());
    map_.each([&](const TextMap::Entry& entry) { give_pair(call, entry); });
  }

  TextMap map_;
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
