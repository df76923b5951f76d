// array/private: a plain array. The reference: what elements and slices cost when nobody shares them.
//
// A snapshot: each process forked later has a copy of its own, and what it writes stays there. Nothing
// synchronises, nothing needs to, and the death of a process is nobody else's concern. Threads of one process
// must synchronise themselves.
#pragma once
#include "posix/private_mapping.hpp"
#include "share/array/block.hpp"
#include "share/array/contract.hpp"

namespace shmoo::array {

template <class T>
class PrivateArray {
 public:
  using value_type = T;
  explicit PrivateArray(std::size_t size) : memory_(bytes_of<T>(size)), size_(size) {}
  explicit PrivateArray(std::span<const T> initial) : PrivateArray(initial.size()) { write(0, initial); }

  std::size_t size() const { return size_; }
  T get(std::size_t i) const {
    check_index(i, size_);
    return data_[i];
  }
  void set(std::size_t i, T x) {
    check_index(i, size_);
    data_[i] = x;
  }
  template <class Change>
  void update(std::size_t i, Change change) {
    check_index(i, size_);
    change(data_[i]);
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
  posix::PrivateMapping memory_;
  // Listed like shared memory: each process gets its own pages before it is timed, not at its first write.
  posix::PrefaultRange prefault_{memory_.data(), memory_.size()};
  T* data_ = reinterpret_cast<T*>(memory_.data());
  std::size_t size_;
};

struct Private {
  static constexpr About about{.name = "private",
                               .summary = "a plain array: each process has its own copy",
                               .peer_death = "nothing happens: nobody else sees the copy",
                               .isolated = true};
  template <class T>
  static std::string refusal(std::size_t) {
    return "";
  }
  template <class T>
  using Of = PrivateArray<T>;
};

}  // namespace shmoo::array
