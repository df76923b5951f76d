// dict/python_manager: a peer. The dict of CPython's multiprocessing.Manager: its server in a Python process,
// and a Python process for each of ours that uses it (bench/peers/python/manager_dict.py).
//
// Any process may call anything at any time, through a Python process of its own that is started at its first
// call; one thread of a process at a time. What is measured is work(), the loop in that process: a single
// call from here pays for a pipe, too. Lifetime: the server ends with the handle in the process that made it,
// or with that process; a client's Python process dies with the client. Errors: std::runtime_error with
// Python's text.
//
// Optional: where there is no python3 with multiprocessing in PATH every cell is refused.
#pragma once
#include <memory>

#include "posix/dialogue.hpp"
#include "posix/private_server.hpp"
#include "share/dict/contract.hpp"

namespace shmoo::dict {

class PythonDict {
 public:
  explicit PythonDict(const Shape&);

  void set(std::string_view key, std::string_view value);
  bool get(std::string_view key, std::string& value);
  bool erase(std::string_view key);
  void update(std::span<const Item> items);
  std::vector<OwnedItem> items();
  std::size_t size();
  void clear();

  Done work(const Work& work);
  std::size_t made();

  void nest(std::size_t depth);
  void set_nested(std::size_t depth, std::string_view key, std::string_view value);
  bool get_nested(std::size_t depth, std::string_view key, std::string& value);

  /// The server's process: its CPU time is part of what an operation costs.
  std::vector<pid_t> servants() const { return {server_.pid()}; }

 private:
  using Fields = posix::Dialogue::Fields;
  Fields ask(const Fields& what);

  posix::PrivateServer server_;
  std::unique_ptr<posix::Dialogue> client_;  // this process's
  std::uint64_t generation_ = 0;
};

struct PythonManager {
  static constexpr About about{
      .name = "python_manager",
      .summary = "a peer: the dict of CPython's multiprocessing.Manager, called from Python",
      .peer_death = "nothing happens to the others; what the dead held stays in the server",
      .served = true,
      .delegates = true};
  using Type = PythonDict;
  static std::string refusal(const Shape&);
};

}  // namespace shmoo::dict
