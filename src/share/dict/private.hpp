// dict/private: a std::unordered_map. The reference: what the work costs when nothing is shared.
//
// A snapshot: each process has the dict as it was at its fork, and what it changes stays its own. One thread
// at a time. Lifetime: the handle's, per process. Nobody notices a process's death.
#pragma once
#include <functional>
#include <unordered_map>

#include "share/dict/contract.hpp"

namespace shmoo::dict {

class PrivateDict {
 public:
  explicit PrivateDict(const Shape& shape) { map_.reserve(shape.max_items); }

  void set(std::string_view key, std::string_view value) {
    if (const auto found = map_.find(key); found != map_.end())
      found->second.assign(value);
    else
      map_.emplace(key, value);
  }
  bool get(std::string_view key, std::string& value) const {
    const auto found = map_.find(key);
    if (found == map_.end()) return false;
    value.assign(found->second);
    return true;
  }
  bool erase(std::string_view key) {
    const auto found = map_.find(key);
    if (found == map_.end()) return false;
    map_.erase(found);
    return true;
  }
  void update(std::span<const Item> items) {
    for (const auto& [key, value] : items) set(key, value);
  }
  std::vector<OwnedItem> items() const { return {map_.begin(), map_.end()}; }
  std::size_t size() const { return map_.size(); }
  void clear() { map_.clear(); }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, std::string, Hash, std::equal_to<>> map_;
};

struct Private {
  static constexpr About about{.name = "private",
                               .summary = "a std::unordered_map: each process has its own after fork",
                               .peer_death = "nothing happens: no process sees another's dict",
                               .isolated = true};
  using Type = PrivateDict;
  static std::string refusal(const Shape&) { return ""; }
};

}  // namespace shmoo::dict
