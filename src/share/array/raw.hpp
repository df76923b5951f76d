// array/raw: shared memory and nothing else (Python's RawArray).
//
// Any process may call anything at any time; nobody synchronises. An element of at most 8 bytes is read and
// written whole (see word.hpp); update is a get and a set between which others may come; slices are plain
// copies and may mix the bytes of two writes. Nothing orders one element before another: use it where
// processes keep to their own parts, or are told by other means that a part is ready. A process that dies
// leaves what it has written. Lifetime: the handle owns the mapping; children inherit it.
#pragma once
#include "posix/mapping.hpp"
#include "share/array/block.hpp"
#include "share/array/contract.hpp"
#include "share/array/word.hpp"

namespace shmoo::array {

template <class T>
class RawArray {
 public:
  using value_type = T;
  explicit RawArray(std::size_t size) : memory_(bytes_of<T>(size)), size_(size) {}
  explicit RawArray(std::span<const T> initial) : RawArray(initial.size()) { write(0, initial); }

  std::size_t size() const { return size_; }
  T get(std::size_t i) const {
    check_index(i, size_);
    return load(data_[i]);
  }
  void set(std::size_t i, T x) {
    check_index(i, size_);
    store(data_[i], x);
  }
  template <class Change>
  void update(std::size_t i, Change change) {
    T x = get(i);
    change(x);
    store(data_[i], x);
  }
  void read(std::size_t first, std::span<T> out) const {
    check_range(first, out.size(), size_);
    copy_block(out.data(), data_ + first, out.size());
  }
  void write(std::size_t first, std::span<const T> in) {
    check_range(first, in.size(), size_);
    copy_block(data_ + first, in.data(), in.size());
  }

 private:
  posix::SharedMapping memory_;
  T* data_ = reinterpret_cast<T*>(memory_.data());
  std::size_t size_;
};

struct Raw {
  static constexpr About about{
      .name = "raw",
      .summary = "shared memory without any lock",
      .peer_death = "nothing happens: what it had written stays, a slice may be half written",
      .loses_updates = true,
      .tears = true};
  template <class T>
  static std::string refusal(std::size_t) {
    return "";
  }
  template <class T>
  using Of = RawArray<T>;
};

}  // namespace shmoo::array
