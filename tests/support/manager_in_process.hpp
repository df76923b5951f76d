// The inside of a manager's server without processes, sockets and time: registry, objects and dispatcher, as
// the service uses them, for two clients whose frames a test brings.
#pragma once
#include <array>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "share/manager/connection.hpp"
#include "share/manager/dispatch.hpp"
#include "share/manager/server_object.hpp"

namespace shmoo::test {

class InProcessServer final : public manager::Host {
 public:
  static constexpr pid_t kCreator = 1;

  /// Objects have the numbers 1, 2, 3 ...
  InProcessServer()
      : registry([this](manager::Object& object) { object_goes(object); }, 1),
        server_(manager::make_server_object(registry, kCreator, [this] { asked_to_end = true; })) {
    sessions_[0].pid = kCreator;
    sessions_[1].pid = kCreator + 1;
  }
  ~InProcessServer() {
    for (std::size_t i = 0; i < clients_.size(); ++i) leave(i);
  }

  manager::Connection& client(std::size_t i) { return *clients_[i]; }

  /// Takes the first request out of `bytes` and carries it out for client `i`. The reply, if it comes at
  /// once, is appended to its `out`; so are the replies to others that it causes.
  manager::Parsed feed(std::size_t i, std::string_view bytes, manager::Request& request) {
    std::string reason;
    const manager::Parsed parsed = parse_request(bytes, request, reason);
    if (parsed == manager::Parsed::whole) carry_out(i, request);
    return parsed;
  }
  void carry_out(std::size_t i, const manager::Request& request) {
    manager::Connection& caller = *clients_[i];
    manager::Reply reply(caller.out, request.header.request, request.header.flags != manager::kOneWay);
    manager::dispatch(registry, *server_, request, reply, caller, *this);
    reply.finish();
    registry.tidy();
    for (auto& [to, bytes] : std::exchange(behind_, {})) to->out.append(bytes);
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
    feed(i, frame.view(), request);
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
      manager::Object& object = *parked_.at(ticket).object;
      object.forget(ticket);
      registry.settle(object);
      take(ticket);
    }
    for (manager::Object* object : std::exchange(client.bound, {})) object->left(client, *this);
    registry.release_all(sessions_[i].holdings);
    for (auto& [to, bytes] : std::exchange(behind_, {})) to->out.append(bytes);
  }
  std::size_t parked() const { return parked_.size(); }
  bool consistent() const {
    const std::array<const manager::Holdings*, 2> all{&sessions_[0].holdings, &sessions_[1].holdings};
    return registry.consistent(all);
  }

  // Host.
  manager::Ticket park(manager::Object& object, manager::Connection& caller, manager::Reply& reply,
                       std::int64_t, manager::ErrorKind, std::string) override {
    if (caller.parked.size() >= manager::Connection::kMostParked) {
      reply.fail(manager::ErrorKind::memory, "too many calls of this client wait in the server");
      return 0;
    }
    parked_.emplace(++last_ticket_, Parked{&caller, &object, reply.request(), reply.wanted()});
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
  void bind(manager::Connection& client, manager::Object& object) override {
    client.bound.push_back(&object);
  }
  void unbind(manager::Connection& client, manager::Object& object) override {
    std::erase(client.bound, &object);
  }

  bool asked_to_end = false;
  manager::ErrorKind error = manager::ErrorKind::none;
  manager::Registry registry;

 private:
  struct Parked {
    manager::Connection* caller;
    manager::Object* object;
    std::uint64_t request;
    bool wanted;
  };

  Parked take(manager::Ticket ticket) {
    const Parked call = parked_.extract(ticket).mapped();
    call.caller->parked.erase(ticket);
    return call;
  }
  void object_goes(manager::Object& object) {
    std::vector<manager::Ticket> tickets;
    for (const auto& [ticket, call] : parked_)
      if (call.object == &object) tickets.push_back(ticket);
    for (const manager::Ticket ticket : tickets)
      answer(ticket,
             [](manager::Reply& reply) { reply.fail(manager::ErrorKind::reference, "the object is gone"); });
    for (const auto& client : clients_) unbind(*client, object);
  }
  std::unique_ptr<manager::Connection> connect(manager::Session& session) {
    return std::make_unique<manager::Connection>(nullptr, session, nullptr);
  }

  std::unique_ptr<manager::Object> server_;
  std::array<manager::Session, 2> sessions_;
  std::array<std::unique_ptr<manager::Connection>, 2> clients_{connect(sessions_[0]), connect(sessions_[1])};
  std::map<manager::Ticket, Parked> parked_;
  std::vector<std::pair<manager::Connection*, std::string>> behind_;
  manager::Ticket last_ticket_ = 0;
};

}  // namespace shmoo::test
