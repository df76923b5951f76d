#include "share/manager/objects/text_map.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <new>
#include <utility>

namespace shmoo::manager {

TextMap::Entry& TextMap::add(std::string_view key, std::string_view value) {
  if (entries_.size() >= std::numeric_limits<std::uint32_t>::max()) throw std::bad_alloc();
  // Holes take no cells, but places: rather than to grow, they are closed.
  if (holes_ > 0 && entries_.size() == entries_.capacity() && holes_ >= size() / 2) close_holes();
  if ((size() + 1) * 3 > cells_.size() * 2) make_index(std::max(kLeast, cells_.size() * 2));
  entries_.push_back({std::string(key), std::string(value)});
  enter(hash_of(key), entries_.size());
  return entries_.back();
}

/// Where the index has a free cell for it.
void TextMap::enter(std::uint32_t hash, std::size_t place) {
  std::size_t at = home(hash);
  while (cells_[at].entry != 0) at = next(at);
  cells_[at] = {hash, static_cast<std::uint32_t>(place)};
}

void TextMap::erase(const Entry& entry) {
  const auto place = static_cast<std::size_t>(&entry - entries_.data());
  const std::uint32_t hash = hash_of(entry.key);
  std::size_t at = home(hash);
  while (cells_[at].entry != place + 1) at = next(at);
  close_gap(at);
  entries_[place] = {};
  ++holes_;
  while (!entries_.empty() && entries_.back().value.empty()) {
    entries_.pop_back();
    --holes_;
  }
  // Memory follows what is left. Where there is none for the smaller one, the larger one stays.
  if (entries_.capacity() < 4 * kLeast || size() * 4 > entries_.capacity()) return;
  try {
    close_holes();
  } catch (const std::bad_alloc&) {
  }
}

/// Moves up those behind it which could not stand in their own cells, so that no look-up ends too early.
void TextMap::close_gap(std::size_t gap) {
  const std::size_t mask = cells_.size() - 1;
  for (std::size_t at = next(gap); cells_[at].entry != 0; at = next(at)) {
    const std::size_t from_home = (at - home(cells_[at].hash)) & mask;
    if (from_home < ((at - gap) & mask)) continue;
    cells_[gap] = cells_[at];
    gap = at;
  }
  cells_[gap].entry = 0;
}

void TextMap::make_index(std::size_t cells) {
  std::vector<Cell> old(cells, Cell{});
  old.swap(cells_);
  for (const Cell& cell : old)
    if (cell.entry != 0) enter(cell.hash, cell.entry);
}

/// Both parts anew, with room for twice what is there.
void TextMap::close_holes() {
  std::vector<Entry> entries;
  entries.reserve(std::max(kLeast, 2 * size()));
  std::vector<Cell> cells(std::bit_ceil(std::max(kLeast, 4 * size())), Cell{});
  cells_.swap(cells);
  for (Entry& entry : entries_) {
    if (entry.value.empty()) continue;
    entries.push_back(std::move(entry));
    enter(hash_of(entries.back().key), entries.size());
  }
  entries_.swap(entries);
  holes_ = 0;
}

}  // namespace shmoo::manager
