// The shared-memory clients of one loop: polled while they are busy, asleep behind a bell while they are not.
//
// Belongs to the loop's thread. The loop calls look() once per turn and does not sleep while awake(); a
// client that gave no sign for the process's sync::patience() is put to rest, which costs the server nothing
// until the client rings. A server does not spin when it and its busy clients are more than the CPUs it may
// use: it then gives up the CPU a few times, and sleeps.
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "share/manager/connection.hpp"
#include "share/manager/line_wire.hpp"
#include "sync/lopsided_fence.hpp"

namespace shmoo::manager {

class PolledWires {
 public:
  /// `cpus` for this loop and its clients.
  explicit PolledWires(std::size_t cpus) : cpus_(cpus) {}

  /// `owner.ready(EPOLLIN)` is called when there is something to do; it may add and remove wires. Also for
  /// one whose bell rang; adding one that is awake does nothing.
  void add(ServerLines& wire, Source& owner);
  /// Before the wire goes.
  void remove(const ServerLines& wire);
  /// Whether some are polled: then the loop may look at its descriptors, but not sleep.
  bool awake() const { return !awake_.empty(); }
  /// Polls for a while; `after` is called after each owner that had something to do. Returns soon enough for
  /// the loop to look at everything else.
  void look(const std::function<void()>& after);

 private:
  struct Entry {
    ServerLines* wire;
    Source* owner;
    std::uint32_t quiet = 0;  // rounds without a sign
  };
  /// @return how many had something to do.
  int round(const std::function<void()>& after);
  int wait_for_one(std::uint32_t spins, int most);
  void rest_those_quiet_for(std::uint32_t rounds);

  std::size_t cpus_;
  std::vector<Entry> awake_;
  bool removed_ = false;  // some of them only wait to be taken off
  sync::LopsidedFence fence_;
};

}  // namespace shmoo::manager
