// Bytes that are appended at one end and consumed at the other: what frames are built in and received into.
//
// Belongs to one thread. Memory is neither zeroed nor given back between frames, unless it grew large: a
// connection that once carried a big frame does not keep its size for ever.
#pragma once
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

namespace shmoo::manager {

class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept
      : memory_(std::move(other.memory_)),
        capacity_(std::exchange(other.capacity_, 0)),
        begin_(std::exchange(other.begin_, 0)),
        end_(std::exchange(other.end_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    memory_ = std::move(other.memory_);
    capacity_ = std::exchange(other.capacity_, 0);
    begin_ = std::exchange(other.begin_, 0);
    end_ = std::exchange(other.end_, 0);
    return *this;
  }

  const char* data() const { return memory_.get() + begin_; }
  char* data() { return memory_.get() + begin_; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  std::string_view view() const { return {data(), size()}; }

  /// At least `bytes` of writable memory behind the content, which may move; see commit(). Errors:
  /// std::bad_alloc.
  char* room(std::size_t bytes) {
    if (capacity_ - end_ < bytes) make_room(bytes);
    return memory_.get() + end_;
  }
  /// How much room there is without moving anything.
  std::size_t spare() const { return capacity_ - end_; }
  /// Makes the first `bytes` of room() content.
  void commit(std::size_t bytes) { end_ += bytes; }

  void append(const void* data, std::size_t bytes) {
    if (bytes == 0) return;
    std::memcpy(room(bytes), data, bytes);
    commit(bytes);
  }
  void append(std::string_view bytes) { append(bytes.data(), bytes.size()); }

  /// Forgets `bytes` at the front.
  void consume(std::size_t bytes) {
    begin_ += bytes;
    if (begin_ == end_) clear();
  }
  /// Cuts the content to its first `bytes`.
  void truncate(std::size_t bytes) { end_ = begin_ + bytes; }
  void clear() {
    begin_ = end_ = 0;
    if (capacity_ > kKept) *this = Buffer();
  }

 private:
  struct Free {
    void operator()(char* memory) const { std::free(memory); }
  };
  static constexpr std::size_t kLeast = 4096;
  static constexpr std::size_t kKept = 1 << 20;

  void make_room(std::size_t bytes) {
    if (begin_ > 0) {
      std::memmove(memory_.get(), data(), size());
      end_ -= begin_;
      begin_ = 0;
    }
    if (capacity_ - end_ >= bytes) return;
    std::size_t wanted = capacity_ < kLeast ? kLeast : 2 * capacity_;
    if (wanted < end_ + bytes) wanted = end_ + bytes;
    char* moved = static_cast<char*>(std::realloc(memory_.get(), wanted));
    if (!moved) throw std::bad_alloc();
    static_cast<void>(memory_.release());
    memory_.reset(moved);
    capacity_ = wanted;
  }

  std::unique_ptr<char, Free> memory_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace shmoo::manager
