// The sockets that a loop looks at instead of sleeping, for as long as the process is patient: those that
// brought something lately.
//
// To be put to sleep and woken again takes ten times as long as all that a call needs besides. Belongs to the
// loop's thread. As with PolledWires, a server does not spin when it and its busy clients are more than the
// CPUs it may use, nor without sync::patience().
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sync/patience.hpp"

namespace shmoo::manager {

class Connection;

class PolledSockets {
 public:
  /// `cpus` for this loop and its clients.
  explicit PolledSockets(std::size_t cpus) : cpus_(cpus) {}

  /// It has brought something.
  void heard(Connection& connection) {
    if (sync::calls_of_patience() == 0) return;
    quiet_ = 0;
    ++heard_;
    if (busy_.size() == 1 && busy_.front().connection == &connection) {
      busy_.front().last = heard_;
      return;
    }
    remove(connection);
    std::erase_if(busy_, [&](const Entry& entry) { return heard_ - entry.last > kMemory; });
    busy_.push_back({&connection, heard_});
  }
  /// Before it goes.
  void remove(const Connection& connection) {
    std::erase_if(busy_, [&](const Entry& entry) { return entry.connection == &connection; });
  }

  /// Whether to look again rather than to sleep.
  bool awake() const { return !busy_.empty() && busy_.size() < cpus_; }
  /// The only one that was busy, which can be looked at without asking for others. Null unless awake().
  Connection* only() const { return awake() && busy_.size() == 1 ? busy_.front().connection : nullptr; }
  /// A look, which is a system call, brought nothing. The last one ends awake().
  void in_vain() {
    sync::pass_between_calls(quiet_++);
    if (quiet_ >= sync::calls_of_patience()) busy_.clear();
  }

 private:
  struct Entry {
    Connection* connection;
    std::uint64_t last;  // when it was heard, counted in sounds
  };
  static constexpr std::uint64_t kMemory = 16;  // of so many sounds one must be its own

  std::size_t cpus_;
  std::vector<Entry> busy_;
  std::uint64_t heard_ = 0;
  std::uint32_t quiet_ = 0;  // looks since somebody was heard
};

}  // namespace shmoo::manager
