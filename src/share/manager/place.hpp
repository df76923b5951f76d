// Where a server listens, and this process's connections to it: one per thread, made when first needed and
// made anew after fork.
//
// Any thread may use a Place. A thread that ends leaves its connection to the next one that needs one, so
// that what the process owns in the server stays owned; one that holds a lock is closed instead, which gives
// the lock back. Connections close with the Place, or with the process.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "share/manager/address.hpp"
#include "share/manager/link.hpp"

namespace shmoo::manager {

class Place {
 public:
  /// `key` is for TCP alone.
  Place(Address address, std::string key);
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  const Address& address() const { return address_; }
  std::uint64_t id() const { return id_; }

  /// A new connection, which nobody keeps. Errors: see manager::connect().
  std::unique_ptr<ClientWire> connect() const;
  /// The connection of the calling thread. Errors: those of connecting.
  static Link& link(const std::shared_ptr<Place>& place);

 private:
  friend class ThreadLinks;
  std::unique_ptr<Link> take_idle();
  void leave_idle(std::unique_ptr<Link> link, std::uint64_t generation);

  Address address_;
  std::string key_;
  std::uint64_t id_;  // never used twice, unlike an address
  std::mutex mutex_;
  std::vector<std::unique_ptr<Link>> idle_;
  std::uint64_t idle_generation_ = 0;
};

}  // namespace shmoo::manager
