// dict/manager, manager_shm, manager_tcp: a dict in a server process of its own, reached over a private Unix
// socket, over shared memory, over TCP. See share/manager/README.md.
//
// Any process and thread may call anything at any time, each over a connection of its own that is made at its
// first call; the server takes one call after the other. Not bounded but by memory; a single value or update
// by kMaxBody of the protocol (manager::ValueError). Lifetime: the server ends with the handle in the process
// that made it, or with that process. A client that dies disturbs nobody. Errors: manager::ConnectionLost
// when the server is gone.
#pragma once
#include "share/dict/contract.hpp"
#include "share/managed.hpp"
#include "share/manager/manager.hpp"

namespace shmoo::dict {

class ManagerDict {
  using Method = manager::Method;

 public:
  explicit ManagerDict(manager::Transport transport)
      : manager_(manager::Manager::Options{.transport = transport}) {}

  void set(std::string_view key, std::string_view value) { set(dict_, key, value); }
  bool get(std::string_view key, std::string& value) { return get(dict_, key, value); }
  bool erase(std::string_view key) {
    const manager::Answer answer = dict_.ask(Method::delitem, key);
    if (answer.error == manager::ErrorKind::key) return false;
    static_cast<void>(answer.value());
    return true;
  }
  void update(std::span<const Item> items) {
    static_cast<void>(dict_.ask(Method::update, Batch{items}).value());
  }
  std::vector<OwnedItem> items() {
    const manager::Answer answer = dict_.ask(Method::copy);
    std::vector<OwnedItem> all;
    for (manager::Walk walk(answer.value(), manager::Tag::dict, "a dict"); walk.left() > 0;) {
      const auto [key, value] = walk.next_pair();
      all.emplace_back(key, content(value));
    }
    return all;
  }
  std::size_t size() {
    return static_cast<std::size_t>(manager::integer_of(dict_.ask(Method::len).value(), "a size"));
  }
  void clear() { static_cast<void>(dict_.ask(Method::clear).value()); }

  /// Calls in flight: see contract.hpp.
  class Flight {
   public:
    explicit Flight(const manager::Reference& dict) : dict_(dict) {}
    void set(std::string_view key, std::string_view value) {
      note(Method::setitem, key, manager::Bytes{value});
    }
    void get(std::string_view key) { note(Method::getitem, key); }
    void send() { dict_.link().flush(); }
    bool take(std::string& value) {
      const auto [request, method] = sent_.at(taken_++);
      if (taken_ == sent_.size()) {
        sent_.clear();
        taken_ = 0;
      }
      const manager::Answer answer = dict_.link().await(request);
      if (answer.error == manager::ErrorKind::key) return false;
      const manager::Encoded got = answer.value();
      if (method == Method::getitem) value.assign(content(got));
      return true;
    }

   private:
    template <class... Argument>
    void note(Method method, const Argument&... arguments) {
      manager::Link& link = dict_.link();
      manager::Buffer& out = link.begin(dict_.id(), method, sizeof...(arguments));
      (manager::put(out, arguments), ...);
      sent_.emplace_back(link.end(), method);
    }

    const manager::Reference& dict_;
    std::vector<std::pair<std::uint64_t, Method>> sent_;
    std::size_t taken_ = 0;  // of sent_
  };
  Flight flight() { return Flight(dict_); }

  /// Another dict of the same server, gone with its last copy: see contract.hpp.
  class Made {
   public:
    explicit Made(manager::Reference dict) : dict_(std::move(dict)) {}
    void set(std::string_view key, std::string_view value) { ManagerDict::set(dict_, key, value); }
    bool get(std::string_view key, std::string& value) { return ManagerDict::get(dict_, key, value); }
    std::uint64_t identity() const { return dict_.id(); }

   private:
    manager::Reference dict_;
  };
  Made make() { return Made(manager_.create(manager::Type::dict)); }
  std::size_t made() { return manager_.objects() - 1; }

  /// Dicts in dicts: see contract.hpp.
  void nest(std::size_t depth) {
    manager::Reference outer = dict_;
    for (; depth > 0; --depth) {
      const manager::Reference inner = manager_.create(manager::Type::dict);
      static_cast<void>(outer.ask(Method::setitem, kNext, inner).value());
      outer = inner;
    }
  }
  void set_nested(std::size_t depth, std::string_view key, std::string_view value) {
    set(down(depth), key, value);
  }
  bool get_nested(std::size_t depth, std::string_view key, std::string& value) {
    return get(down(depth), key, value);
  }

  /// The server's process: its CPU time is part of what an operation costs.
  std::vector<pid_t> servants() const { return {manager_.pid()}; }

 private:
  static void set(const manager::Reference& dict, std::string_view key, std::string_view value) {
    static_cast<void>(dict.ask(Method::setitem, key, manager::Bytes{value}).value());
  }
  static bool get(const manager::Reference& dict, std::string_view key, std::string& value) {
    const manager::Answer answer = dict.ask(Method::getitem, key);
    if (answer.error == manager::ErrorKind::key) return false;
    value.assign(content(answer.value()));
    return true;
  }

  static constexpr std::string_view kNext = "the dict in this dict";

  /// The dict so many levels further down, fetched from dict to dict.
  manager::Reference down(std::size_t depth) const {
    manager::Reference found = dict_;
    for (; depth > 0; --depth) {
      const manager::Answer answer = found.ask(Method::getitem, kNext);
      const manager::Encoded value = answer.value();
      if (manager::tag_of(value) != manager::Tag::reference)
        throw manager::TypeError("there is no dict in this dict");
      found = {found.place(), manager::number_of<manager::ObjectId>(value)};  // the server counted it for us
    }
    return found;
  }

  struct Batch {
    std::span<const Item> items;
    friend void put(manager::Buffer& out, const Batch& batch) {
      manager::put_dict(out, batch.items.size());
      for (const auto& [key, value] : batch.items) {
        manager::put(out, key);
        manager::put(out, manager::Bytes{value});
      }
    }
  };
  static std::string_view content(manager::Encoded value) {
    return manager::bytes_of(value, "a value of the dict");
  }

  manager::Manager manager_;
  manager::Reference dict_ = manager_.create(manager::Type::dict);
};

template <Transport transport>
struct ManagerBy {
  static constexpr About about = managed(transport);
  struct Type : ManagerDict {
    explicit Type(const Shape&) : ManagerDict(transport) {}
  };
  static std::string refusal(const Shape& shape) {
    return shape.max_value_bytes > manager::kMaxPayload ? "a value must fit a frame of 64 MiB" : "";
  }
};

using Manager = ManagerBy<Transport::socket>;
using ManagerShm = ManagerBy<Transport::shm>;
using ManagerTcp = ManagerBy<Transport::tcp>;

}  // namespace shmoo::dict
