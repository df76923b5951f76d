// What the dict workloads share: the grid, the keys, values that prove themselves, and a job on one dict.
//
// Keys: "key 0", "key 1" ... known to all; all are there from the start. 1000 of them, fewer (but at least
// 128) where the values are so long that they would take more than 8 MiB in all.
//
// Values: 8 bytes that say to which key the value belongs, who wrote it and as the how many-th of its writes
// (writer 0: the parent, before the launch), and carry a check of that; every further word follows from those
// 8 bytes and its place. So whoever gets a value checks every byte, and knows a torn value, another key's
// value and an old write of its own.
//
// In the first half of the warm-up each process gets back what it has set: its own write, or one that came
// after it. A timed set that is lost and written over before anybody gets that key is not noticed: nobody
// could.
//
// Proof at the end: the dict holds exactly the keys, each with a value that is the last write to that key by
// one of those who wrote to it (the first value only where nobody did). An isolated dict must be as it was at
// the start, and each process must find its own last write in each get.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/memory_need.hpp"
#include "harness/servants.hpp"
#include "harness/workload.hpp"
#include "posix/mapping.hpp"
#include "share/dict/contract.hpp"

namespace shmoo::bench::dicts {

using Word = std::uint64_t;

inline Points sizes() {
  return {{8, Profile::full}, {64}, {1024}, {16 << 10, Profile::full}, {64 << 10, Profile::standard}};
}

inline constexpr std::size_t kBatch = 100;  ///< keys that an update sets

inline std::size_t keys_for(std::uint64_t bytes) {
  return std::clamp<std::size_t>((std::size_t{8} << 20) / bytes, 128, 1000);
}

/// What a value says of itself.
struct Mark {
  std::size_t key = 0;
  int writer = 0;           ///< member's index + 1, or 0
  std::uint64_t count = 0;  ///< of the writer's writes, from 1

  static constexpr int kCountBits = 29;
  static constexpr int kWriterBits = 11;
  static constexpr int kKeyBits = 10;
  static constexpr int kBits = kCountBits + kWriterBits + kKeyBits;  // above them: the check
  Word word() const {
    return static_cast<Word>(key) << (kCountBits + kWriterBits) | static_cast<Word>(writer) << kCountBits |
           count;
  }
  static Mark of(Word word) {
    return {static_cast<std::size_t>(word >> (kCountBits + kWriterBits) & ((Word{1} << kKeyBits) - 1)),
            static_cast<int>(word >> kCountBits & ((Word{1} << kWriterBits) - 1)),
            word & ((Word{1} << kCountBits) - 1)};
  }
  bool operator==(const Mark&) const = default;
};

/// Writes the value of `mark` over all of `room`, whose size is a multiple of 8.
void write_value(std::string& room, const Mark& mark);

/// What a value says of itself; nothing when a byte of it is not as it should be, or it has another length.
std::optional<Mark> read_value(std::string_view value, std::size_t bytes);

/// Numbers that look random; each member draws its own.
class Draw {
 public:
  explicit Draw(int member) : state_((static_cast<Word>(member) + 1) * 0x9e3779b97f4a7c15) {}
  std::size_t below(std::size_t bound) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<std::size_t>((state_ >> 32) * bound >> 32);
  }

 private:
  Word state_;
};

/// Who wrote what last to which key: a row per member, in shared memory, filled when it has done its work.
class LastWrites {
 public:
  LastWrites(int members, std::size_t keys)
      : keys_(keys), memory_(static_cast<std::size_t>(members) * keys * sizeof(std::uint64_t)) {}
  /// 0 = never.
  std::uint64_t& of(int member, std::size_t key) {
    return reinterpret_cast<std::uint64_t*>(memory_.data())[static_cast<std::size_t>(member) * keys_ + key];
  }

 private:
  std::size_t keys_;
  posix::SharedMapping memory_;
};

/// Takes over what work() says.
inline void accept(Member& member, const Phase& phase, const dict::Done& done) {
  if (!done.wrong.empty()) member.fail(done.wrong);
  if (!phase.timed) return;
  member.took(done.ns);
  member.spent(done.usage);
}

/// A job on one dict. Derived jobs do their work by get_one(), set_one() and update_batch().
template <class M>
class DictJob : public Job {
 public:
  static std::string refusal(const Cell& cell) {
    const dict::Shape shape = shape_for(cell);
    if (std::string reason = M::refusal(shape); !reason.empty()) return reason;
    const std::uint64_t copies = M::about.isolated ? 1 + static_cast<std::uint64_t>(cell.procs) : 1;
    return memory_refusal(copies * 2 * shape.max_items * (shape.max_value_bytes + 256));
  }

  /// Its operations are carried out by work(), in a process of another language.
  static constexpr bool kDelegates = dict::Delegating<typename M::Type>;

  explicit DictJob(const Cell& cell)
      : shape_(shape_for(cell)),
        procs_(cell.procs),
        dict_(shape_),
        last_writes_(cell.procs, shape_.max_items) {
    for (std::size_t key = 0; key < shape_.max_items; ++key) keys_.push_back("key " + std::to_string(key));
    values_.assign(kBatch, std::string(cell.bytes, '\0'));
    own_.assign(shape_.max_items, 0);
    for (std::size_t first = 0; first < keys_.size(); first += kBatch) {
      batch_.clear();
      for (std::size_t key = first; key < std::min(first + kBatch, keys_.size()); ++key) {
        write_value(values_[key - first], {key, 0, 0});
        batch_.emplace_back(keys_[key], values_[key - first]);
      }
      dict_.update(batch_);
    }
  }

  /// The first call of a process, which may make a connection, is not part of the work.
  void prepare(Member& member) override {
    draw_.emplace(member.index());
    get_one(member, 0);
  }

  void settle(Member& member) override {
    for (std::size_t key = 0; key < own_.size(); ++key) last_writes_.of(member.index(), key) = own_[key];
  }

  std::optional<std::string> verify(std::span<const MemberReport>) override {
    const auto items = dict_.items();
    if (items.size() != keys_.size())
      return "the dict has " + std::to_string(items.size()) + " keys at the end instead of " +
             std::to_string(keys_.size());
    for (const auto& [key, value] : items) {
      const auto mark = read_value(value, shape_.max_value_bytes);
      if (!mark) return "the value of '" + key + "' is torn at the end";
      if (mark->key >= keys_.size() || keys_[mark->key] != key)
        return "'" + key + "' has another key's value at the end";
      if (const auto wrong = wrong_at_end(*mark)) return "'" + key + "' " + *wrong;
    }
    return std::nullopt;
  }

  std::vector<pid_t> servants() const override { return servants_of(dict_); }

 protected:
  /// The key `i` places after `first`, around the end.
  std::size_t after(std::size_t first, std::size_t i) const { return (first + i) % keys_.size(); }
  std::size_t any_key() { return draw_->below(keys_.size()); }
  Draw& draw() { return *draw_; }

  void get_one(Member& member, std::size_t key) {
    const bool found = dict_.get(keys_[key], got_);
    check_got(member, key, found, own_[key]);
  }

  /// What a get of `key` brought into got_, when `last_own` was this process's last write to it.
  void check_got(Member& member, std::size_t key, bool found, std::uint64_t last_own) {
    if (!found) member.fail("'" + keys_[key] + "' is missing");
    const auto mark = read_value(got_, shape_.max_value_bytes);
    if (!mark) member.fail("got a torn value of '" + keys_[key] + "'");
    if (mark->key != key) member.fail("got another key's value for '" + keys_[key] + "'");
    const bool own = mark->writer == member.index() + 1;
    // The first value is gone once this process has set the key; where it is alone, so is every other's.
    const bool gone = last_own > 0 && (M::about.isolated || procs_ == 1 || mark->writer == 0);
    if (mark->writer > procs_ || (own && mark->count != last_own) || (!own && gone) ||
        (mark->writer == 0 && mark->count != 0))
      member.fail("got a value of '" + keys_[key] + "' that is not the last of its writer");
  }

  void set_one(Member& member, std::size_t key) { dict_.set(keys_[key], next_value(member, key)); }

  /// The value of this process's next write, which is to go to `key`.
  const std::string& next_value(Member& member, std::size_t key) {
    own_[key] = ++count_;
    write_value(values_[0], {key, member.index() + 1, count_});
    return values_[0];
  }

  const std::string& key_of(std::size_t key) const { return keys_[key]; }
  std::uint64_t own(std::size_t key) const { return own_[key]; }
  std::string& got() { return got_; }
  typename M::Type& dict() { return dict_; }

  /// The whole phase, where work() is.
  void delegate(Member& member, const Phase& phase, std::string_view workload) {
    const dict::Done done = dict_.work({.workload = workload,
                                        .member = member.index(),
                                        .procs = procs_,
                                        .bytes = shape_.max_value_bytes,
                                        .keys = keys_.size(),
                                        .batch = kBatch,
                                        .proven = phase.proven(),
                                        .count = phase.share});
    own_ = done.last;
    accept(member, phase, done);
  }

  /// Sets keys and gets them back, for the part of the warm-up that is proven.
  void prove_sets(Member& member, const Phase& phase) {
    for (std::uint64_t left = phase.proven(); left > 0; --left) {
      const std::size_t key = any_key();
      set_one(member, key);
      get_one(member, key);
    }
  }

  /// Sets kBatch keys from `first` on, around the end, in one step.
  void update_batch(Member& member, std::size_t first) {
    ++count_;
    batch_.clear();
    for (std::size_t i = 0; i < kBatch; ++i) {
      const std::size_t key = after(first, i);
      own_[key] = count_;
      write_value(values_[i], {key, member.index() + 1, count_});
      batch_.emplace_back(keys_[key], values_[i]);
    }
    dict_.update(batch_);
  }

 private:
  static dict::Shape shape_for(const Cell& cell) {
    return {.max_items = keys_for(cell.bytes), .max_value_bytes = cell.bytes};
  }

  std::optional<std::string> wrong_at_end(const Mark& mark) {
    bool written = false;
    for (int member = 0; member < procs_; ++member) written |= last_writes_.of(member, mark.key) > 0;
    if (M::about.isolated || !written)
      return mark == Mark{mark.key, 0, 0} ? std::nullopt
                                          : std::optional<std::string>("was changed from outside");
    if (mark.writer == 0) return "was written and has its first value";
    if (mark.writer > procs_ || last_writes_.of(mark.writer - 1, mark.key) != mark.count)
      return "has a value at the end that is not the last of its writer";
    return std::nullopt;
  }

  dict::Shape shape_;
  int procs_;
  typename M::Type dict_;
  LastWrites last_writes_;
  std::vector<std::string> keys_;
  // A member's own, since they are copies after fork.
  std::vector<std::uint64_t> own_;  // its last write to each key
  std::uint64_t count_ = 0;         // of its writes
  std::optional<Draw> draw_;
  std::vector<std::string> values_;
  std::vector<dict::Item> batch_;
  std::string got_;
};

// Below the fold: the pattern.

inline Word hash(Word mark) {
  Word x = (mark ^ mark >> 32) * 0xd6e8feb86659fd93;
  return (x ^ x >> 29) * 0xbf58476d1ce4e5b9;
}
inline constexpr Word kStep = 0x9e3779b97f4a7c15;

inline void write_value(std::string& room, const Mark& mark) {
  Word next = hash(mark.word());
  const Word word = mark.word() | next >> Mark::kBits << Mark::kBits;
  std::memcpy(room.data(), &word, sizeof word);
  for (std::size_t at = sizeof word; at < room.size(); at += sizeof next, next += kStep)
    std::memcpy(room.data() + at, &next, sizeof next);
}

inline std::optional<Mark> read_value(std::string_view value, std::size_t bytes) {
  if (value.size() != bytes) return std::nullopt;
  Word word;
  std::memcpy(&word, value.data(), sizeof word);
  Word expected = hash(word & ((Word{1} << Mark::kBits) - 1));
  Word wrong = (word ^ expected) >> Mark::kBits;
  for (std::size_t at = sizeof word; at < value.size(); at += sizeof expected, expected += kStep) {
    Word found;
    std::memcpy(&found, value.data() + at, sizeof found);
    wrong |= found ^ expected;
  }
  if (wrong != 0) return std::nullopt;
  return Mark::of(word);
}

}  // namespace shmoo::bench::dicts
