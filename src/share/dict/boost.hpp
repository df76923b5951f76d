// dict/boost: a boost::unordered_map in a managed_shared_memory, under Boost's recursive mutex in the same
// segment.
//
// Any process of the family may call anything at any time; each call takes the lock once. See
// boost_segment.hpp for the memory, which /dev/shm bounds and which is sized by the Shape: beyond it
// std::bad_alloc, and the dict stays as it was. Lifetime: the handle owns the mapping; children inherit it. A
// process that dies inside a call leaves the dict locked for ever. Errors when made: std::system_error
// (ENOSPC).
#pragma once
#include <boost/interprocess/allocators/allocator.hpp>
#include <boost/interprocess/containers/string.hpp>
#include <boost/unordered_map.hpp>
#include <new>

#include "share/boost_segment.hpp"
#include "share/dict/contract.hpp"
#include "sync/boost_lock.hpp"
#include "sync/lock.hpp"

namespace shmoo::dict {

class BoostDict {
 public:
  explicit BoostDict(const Shape& shape)
      : segment_(segment_bytes(shape)),
        table_(segment_.memory().construct<Table>(boost::interprocess::anonymous_instance)(
            shape.max_items, segment_.memory().get_segment_manager())) {}

  void set(std::string_view key, std::string_view value) {
    const Item one{key, value};
    update({&one, 1});
  }

  bool get(std::string_view key, std::string& value) {
    const Guard guard(table_->lock);
    const auto found = find(key);
    if (found == table_->map.end()) return false;
    value.assign(found->second.data(), found->second.size());
    return true;
  }

  bool erase(std::string_view key) {
    const Guard guard(table_->lock);
    const auto found = find(key);
    if (found == table_->map.end()) return false;
    table_->map.erase(found);
    return true;
  }

  /// Gets all the memory first, then writes: the second half cannot fail.
  void update(std::span<const Item> items) {
    const Guard guard(table_->lock);
    // Entries stay where they are while the table around them grows; iterators do not.
    std::vector<Text*> places;
    std::vector<std::string_view> added;
    places.reserve(items.size());
    added.reserve(items.size());
    try {
      for (const auto& [key, value] : items) {
        auto found = find(key);
        if (found == table_->map.end()) {
          found = table_->map.emplace(text(key), text({})).first;
          added.push_back(key);
        }
        places.push_back(&found->second);
        if (value.size() > found->second.capacity()) found->second.reserve(value.size());
      }
    } catch (...) {  // Boost throws its own bad_alloc or the standard's, and here is nothing else to throw
      for (const std::string_view key : added) table_->map.erase(find(key));
      throw std::bad_alloc();
    }
    for (std::size_t i = 0; i < items.size(); ++i)
      places[i]->assign(items[i].second.data(), items[i].second.size());
  }

  std::vector<OwnedItem> items() {
    const Guard guard(table_->lock);
    std::vector<OwnedItem> all;
    all.reserve(table_->map.size());
    for (const auto& [key, value] : table_->map)
      all.emplace_back(std::string(key.data(), key.size()), std::string(value.data(), value.size()));
    return all;
  }
  std::size_t size() {
    const Guard guard(table_->lock);
    return table_->map.size();
  }
  void clear() {
    const Guard guard(table_->lock);
    table_->map.clear();
  }

  /// Room for every item at its longest, and as much again: a value that grows is copied before the old one
  /// goes, and what is freed leaves gaps.
  static std::size_t segment_bytes(const Shape& shape) {
    const std::size_t item = shape.max_value_bytes + kKeyBytes + sizeof(std::pair<const Text, Text>);
    return BoostSegment::bytes_for(2 * (shape.max_items + 1) * item + 16 * kBucketBytes * shape.max_items,
                                   6 * (shape.max_items + 1));
  }

 private:
  using Manager = BoostSegment::Memory::segment_manager;
  template <class T>
  using Allocator = boost::interprocess::allocator<T, Manager>;
  using Text = boost::interprocess::basic_string<char, std::char_traits<char>, Allocator<char>>;
  using Guard = sync::Guard<sync::BoostLock>;

  // Keys are looked up as they come, without a copy in the segment.
  struct Hash {
    std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
    std::size_t operator()(const Text& key) const {
      return (*this)(std::string_view(key.data(), key.size()));
    }
  };
  struct Equal {
    bool operator()(const Text& a, const Text& b) const { return a == b; }
    bool operator()(std::string_view a, const Text& b) const {
      return a == std::string_view(b.data(), b.size());
    }
  };
  using Map = boost::unordered_map<Text, Text, Hash, Equal, Allocator<std::pair<const Text, Text>>>;

  struct Table {
    Table(std::size_t items, Manager* manager) : map(items, Hash(), Equal(), manager) {}
    sync::BoostLock lock;
    Map map;
  };

  static constexpr std::size_t kKeyBytes = 64;  // longer keys are taken from what is left over
  static constexpr std::size_t kBucketBytes =
      8;  // the table may double twice on its way, with the old one still there

  Map::iterator find(std::string_view key) { return table_->map.find(key, Hash(), Equal()); }
  Text text(std::string_view content) {
    return Text(content.data(), content.size(), segment_.memory().get_segment_manager());
  }

  BoostSegment segment_;
  Table* table_;
};

struct Boost {
  static constexpr About about{.name = "boost",
                               .summary = "a map in Boost's managed_shared_memory, under its recursive mutex",
                               .peer_death = "who dies inside a call leaves the dict locked for ever",
                               .locked = true};
  using Type = BoostDict;
  static std::string refusal(const Shape& shape) {
    return BoostSegment::refusal(BoostDict::segment_bytes(shape));
  }
};

}  // namespace shmoo::dict
