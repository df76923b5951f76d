// The inside of a manager's server without processes, threads, sockets and time: registry, objects and the
// calling of them, as the loops use them, for two clients whose frames a test brings.
#pragma once
#include <array>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "share/manager/dispatch.hpp"
#include "share/manager/loop.hpp"
#include "share/manager/server_object.hpp"

namespace shmoo::test {

class InProcessServer final : public manager::Host {
 public:
  static constexpr pid_t kCreator = 1;

  /// Objects have the numbers 1, 2, 3 ...
  InProcessServer()
      : registry([this](std::shared_ptr<manager::Object> object) { dying_.push_back(std::move(object)); }, 1),
        server_(manager::make_server_object(registry, kCreator, [this] { asked_to_end = true; })) {
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      auto session = std::make_shared<manager::Session>();
      session->pid = kCreator + static_cast<pid_t>(i);
      clients_[i] = std::make_unique<manager::Connection>(nullptr, std::move(session), no_loop());
    }
  }
  ~InProcessServer() {
    for (std::size_t i = 0; i < clients_.size(); ++i) leave(i);
  }

  manager::Connection& client(std::size_t i) { return *clients_[i]; }
  const manager::Holdings& holdings(std::size_t i) const { return clients_[i]->session.holdings; }

  /// Carries a request out for client `i`. The reply, if it comes at once, is appended to its `out`; so are
  /// the replies to others that it causes.
  void carry_out(std::size_t i, const manager::Request& request) {
    manager::Connection& caller = *clients_[i];
    manager::Reply reply(caller.out, request.header.request, request.header.flags != manager::kOneWay);
    const bool of_server = request.header.object == manager::kServer;
    const auto object = of_server ? nullptr : registry.find(request.header.object);
    manager::call_object(registry, of_server ? server_.get() : object.get(), request, reply, caller, *this);
    reply.finish();
    tidy();
  }
  /// One call and the body of its reply, whose kind of error goes to `error`.
  template <class... Argument>
  std::string call(std::size_t i, manager::ObjectId object, manager::Method method,
                   const Argument&... arguments) {
    manager::Buffer frame;
    manager::RequestHeader header;
    header.method = static_cast<std::uint8_t>(method);
    header.arguments = sizeof...(arguments);
    header.object = object;
    frame.append(&header, sizeof header);
    (put(frame, arguments), ...);
    header.bytes = static_cast<std::uint32_t>(frame.size() - sizeof header);
    std::memcpy(frame.data(), &header, sizeof header);
    clients_[i]->out.clear();
    error = manager::ErrorKind::none;
    manager::Request request;
    std::string reason;
    if (manager::next_frame(frame, request, reason) == manager::Frame::whole) carry_out(i, request);
    manager::ReplyHeader reply;
    if (clients_[i]->out.size() < sizeof reply) return "";
    std::memcpy(&reply, clients_[i]->out.data(), sizeof reply);
    error = static_cast<manager::ErrorKind>(reply.error);
    return std::string(clients_[i]->out.view().substr(sizeof reply, reply.bytes));
  }
  /// The client's connection ends, and with it its session.
  void leave(std::size_t i) {
    manager::Connection& client = *clients_[i];
    while (!client.parked.empty()) {
      const manager::Ticket ticket = *client.parked.begin();
      const auto object = parked_.at(ticket).object;
      take(ticket);
      object->forget(ticket);
      registry.settle(*object);
    }
    for (const auto& object : std::exchange(bound_[i], {})) object->left(client, *this);
    registry.release_all(client.session.holdings);
    tidy();
  }
  std::size_t parked() const { return parked_.size(); }
  bool consistent() const {
    const std::array<const manager::Holdings*, 2> all{&holdings(0), &holdings(1)};
    return registry.consistent(all);
  }

  // Host.
  manager::Ticket park(manager::Object& object, manager::Connection& caller, manager::Reply& reply,
                       std::int64_t, manager::ErrorKind, std::string) override {
    if (caller.parked.size() >= manager::Connection::kMostParked) {
      reply.fail(manager::ErrorKind::memory, "too many calls of this client wait in the server");
      return 0;
    }
    parked_.emplace(++last_ticket_,
                    Parked{&caller, object.shared_from_this(), reply.request(), reply.wanted()});
    caller.parked.insert(last_ticket_);
    reply.discard();
    return last_ticket_;
  }
  bool answer(manager::Ticket ticket, const std::function<void(manager::Reply&)>& say) override {
    const Parked call = take(ticket);
    manager::Buffer out;
    manager::Reply reply(out, call.request, call.wanted);
    say(reply);
    grant_reply(registry, reply, call.caller->session.holdings);
    reply.finish();
    behind_.emplace_back(call.caller, std::string(out.view()));
    return true;
  }
  manager::Connection& caller_of(manager::Ticket ticket) override { return *parked_.at(ticket).caller; }
  bool bind(manager::Connection& client, manager::Object& object) override {
    bound_[number_of(client)].push_back(object.shared_from_this());
    return true;
  }
  void unbind(manager::Connection& client, manager::Object& object) override {
    std::erase_if(bound_[number_of(client)], [&](const auto& one) { return one.get() == &object; });
  }

  bool asked_to_end = false;
  manager::ErrorKind error = manager::ErrorKind::none;
  manager::Registry registry;

 private:
  struct Parked {
    manager::Connection* caller;
    std::shared_ptr<manager::Object> object;
    std::uint64_t request;
    bool wanted;
  };

  Parked take(manager::Ticket ticket) {
    const Parked call = parked_.extract(ticket).mapped();
    call.caller->parked.erase(ticket);
    return call;
  }
  std::size_t number_of(const manager::Connection& client) const { return &client == clients_[1].get(); }

  void tidy() {
    registry.tidy();
    while (!dying_.empty()) {
      const auto object = std::move(dying_.back());
      dying_.pop_back();
      object->gone = true;
      std::vector<manager::Ticket> tickets;
      for (const auto& [ticket, call] : parked_)
        if (call.object == object) tickets.push_back(ticket);
      for (const manager::Ticket ticket : tickets) {
        object->forget(ticket);
        answer(ticket, [](manager::Reply& reply) {
          reply.fail(manager::ErrorKind::reference, "the object is gone");
        });
      }
      for (const auto& client : clients_) unbind(*client, *object);
    }
    for (auto& [to, bytes] : std::exchange(behind_, {})) to->out.append(bytes);
  }

  /// What a Connection names as its loop, though it never comes to it.
  static manager::Loop& no_loop() {
    static std::atomic<bool> ending = true;
    static manager::Calls calls(kCreator, false, [] {});
    static manager::Sessions sessions([](manager::Session&) {},
                                      [](const std::shared_ptr<manager::Session>&) {});
    static manager::Tidy tidy;
    static manager::Loop::House house{calls, sessions, tidy, ending, [] {}};
    static manager::Loop loop(house);
    return loop;
  }

  std::unique_ptr<manager::Object> server_;
  std::vector<std::shared_ptr<manager::Object>> dying_;
  std::array<std::unique_ptr<manager::Connection>, 2> clients_;
  std::array<std::vector<std::shared_ptr<manager::Object>>, 2> bound_;
  std::map<manager::Ticket, Parked> parked_;
  std::vector<std::pair<manager::Connection*, std::string>> behind_;
  manager::Ticket last_ticket_ = 0;
};

}  // namespace shmoo::test
