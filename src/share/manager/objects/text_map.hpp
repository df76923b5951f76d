// Texts to encoded values, in the order in which the texts came: what a dict is made of.
//
// Entries stand one after the other, a cache line each; an index of 8 bytes a cell, at most two thirds full,
// says where. A look-up touches one place of the index and one entry, where a table of linked nodes touches
// three or four. Source: the compact dict of CPython (R. Hettinger, 2012), with linear probing.
//
// One thread at a time. What find() and put() hand out is valid until the next change. Errors:
// std::bad_alloc, which leaves the map as it was.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace shmoo::manager {

class TextMap {
 public:
  struct alignas(64) Entry {
    std::string key;
    std::string value;  ///< never empty, but in the hole that an erased entry leaves
  };

  std::size_t size() const { return entries_.size() - holes_; }
  bool empty() const { return size() == 0; }

  /// Null when there is none.
  Entry* find(std::string_view key) {
    const std::size_t cell = cell_of(key, hash_of(key));
    return cell == kNone ? nullptr : &entries_[cells_[cell].entry - 1];
  }
  /// Adds a key that is not there. `value` is not empty.
  Entry& add(std::string_view key, std::string_view value);
  /// Takes out what find(), add() or last() said.
  void erase(const Entry& entry);
  /// The one that came last of those that are there. Not when empty().
  Entry& last() { return entries_.back(); }

  /// Calls `act` with each entry, in order.
  template <class Act>
  void each(Act act) const {
    for (const Entry& entry : entries_)
      if (!entry.value.empty()) act(entry);
  }

 private:
  struct Cell {
    std::uint32_t hash;
    std::uint32_t entry;  // its place, from 1; 0 = free
  };
  static constexpr std::size_t kNone = ~std::size_t{0};
  static constexpr std::size_t kLeast = 8;  // cells

  static std::uint32_t hash_of(std::string_view key) {
    return static_cast<std::uint32_t>(std::hash<std::string_view>{}(key));
  }
  std::size_t home(std::uint32_t hash) const { return hash & (cells_.size() - 1); }
  std::size_t next(std::size_t cell) const { return (cell + 1) & (cells_.size() - 1); }

  std::size_t cell_of(std::string_view key, std::uint32_t hash) const {
    if (cells_.empty()) return kNone;
    for (std::size_t at = home(hash);; at = next(at)) {
      const Cell& cell = cells_[at];
      if (cell.entry == 0) return kNone;
      if (cell.hash == hash && entries_[cell.entry - 1].key == key) return at;
    }
  }
  void enter(std::uint32_t hash, std::size_t place);
  void close_gap(std::size_t gap);
  void make_index(std::size_t cells);
  void close_holes();

  std::vector<Entry> entries_;  // the last one is no hole
  std::vector<Cell> cells_;     // a power of two of them, or none
  std::size_t holes_ = 0;
};

}  // namespace shmoo::manager
