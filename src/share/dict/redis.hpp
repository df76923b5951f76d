// dict/redis: a peer. One hash of a redis-server that listens at a private Unix socket, writes nothing to
// disk and has no port.
//
// Any process may call anything at any time, over a connection of its own that is made at its first call; one
// thread of a process at a time. The server takes one call after the other. Lifetime: the server ends with
// the handle in the process that made it, or with that process. A client that dies disturbs nobody. Errors:
// std::runtime_error with the server's text, or when it is gone.
//
// Optional: without hiredis at build time, or redis-server in PATH, every cell is refused and names the
// package that brings what is missing.
#pragma once
#include <memory>

#include "posix/private_server.hpp"
#include "share/dict/contract.hpp"
#include "share/dict/private.hpp"

struct redisContext;

namespace shmoo::dict {

class RedisDict {
 public:
  explicit RedisDict(const Shape&);
  ~RedisDict();

  void set(std::string_view key, std::string_view value);
  bool get(std::string_view key, std::string& value);
  bool erase(std::string_view key);
  void update(std::span<const Item> items);
  std::vector<OwnedItem> items();
  std::size_t size();
  void clear();

  /// Calls in flight: see contract.hpp.
  class Flight {
   public:
    explicit Flight(RedisDict& dict) : dict_(dict) {}
    void set(std::string_view key, std::string_view value);
    void get(std::string_view key);
    void send();
    bool take(std::string& value);

   private:
    RedisDict& dict_;
  };
  Flight flight() { return Flight(*this); }

  /// The server's process: its CPU time is part of what an operation costs.
  std::vector<pid_t> servants() const { return {server_.pid()}; }

 private:
  class Link;
  Link& link();

  posix::PrivateServer server_;
  std::unique_ptr<Link> link_;  // this process's
  std::uint64_t generation_;
};

struct Redis {
  static constexpr About about{.name = "redis",
                               .summary = "a peer: a hash in a redis-server, behind a private Unix socket",
                               .peer_death = "nothing happens: the server forgets the dead",
                               .served = true};
#ifdef SHMOO_HIREDIS
  using Type = RedisDict;
  static std::string refusal(const Shape& shape) {
    static const bool found = !posix::find_program("redis-server").empty();
    if (!found) return "there is no redis-server in PATH (Debian package redis-server brings it)";
    return shape.max_value_bytes > (std::size_t{512} << 20) ? "a value must fit redis's bound of 512 MiB"
                                                            : "";
  }
#else
  using Type = PrivateDict;  // never made
  static std::string refusal(const Shape&) {
    return "this program was built without hiredis (Debian packages libhiredis-dev and redis-server bring "
           "both)";
  }
#endif
};

}  // namespace shmoo::dict
