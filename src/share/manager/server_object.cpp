#include "share/manager/server_object.hpp"

#include "share/manager/connection.hpp"
#include "share/manager/objects.hpp"

namespace shmoo::manager {
namespace {

class Server final : public ObjectOf<Server> {
 public:
  static constexpr std::string_view name = "server";
  static const std::array<Exposed<Server>, 7> exposed;

  Server(Registry& registry, pid_t creator, std::function<void()> end)
      : registry_(registry), creator_(creator), end_(std::move(end)) {}

 private:
  static Holdings& holdings(const Call& call) { return call.caller.session.holdings; }
  static ObjectId id_of(const Call& call) {
    return static_cast<ObjectId>(integer_of(call.arguments[0], "an object's id"));
  }

  void create(const Call& call) {
    auto object = make_object(call.arguments);
    const auto type = static_cast<Type>(integer_of(call.arguments[0], "the type of an object"));
    call.give(registry_.add(std::move(object), type, holdings(call)));
  }
  void attach(const Call& call) {
    registry_.attach(id_of(call), holdings(call));
    call.give(nullptr);
  }
  void release(const Call& call) {
    registry_.release(id_of(call), holdings(call));
    call.give(nullptr);
  }
  void echo(const Call& call) { call.give(Raw{call.arguments[0]}); }
  void objects(const Call& call) {
    registry_.collect();
    call.give(registry_.size());
  }
  /// (whether the client has joined the global barrier) -> whether both have. The loop does the rest.
  void lines(const Call& call) {
    Connection& caller = call.caller;
    const bool first = caller.out.size() == sizeof(ReplyHeader) && call.reply.wanted();
    if (!caller.local || caller.lines || caller.offered || !first)
      throw ValueError("lines are for a connection over a Unix socket without replies under way");
    caller.offered = std::make_unique<ServerLines>(tag_of(call.arguments[0]) == Tag::yes);
    call.give(caller.offered->lean());
  }
  void shutdown(const Call& call) {
    if (call.caller.session.pid != creator_)
      throw PermissionError("only the process that made the server may shut it down");
    call.give(nullptr);
    end_();
  }

  Registry& registry_;
  pid_t creator_;
  std::function<void()> end_;
};

const std::array<Exposed<Server>, 7> Server::exposed{{
    {Method::create, 1, kMaxArguments, &Server::create},
    {Method::attach, 1, 1, &Server::attach},
    {Method::release, 1, 1, &Server::release},
    {Method::echo, 1, 1, &Server::echo},
    {Method::objects, 0, 0, &Server::objects},
    {Method::lines, 1, 1, &Server::lines},
    {Method::shutdown, 0, 0, &Server::shutdown},
}};

}  // namespace

std::unique_ptr<Object> make_server_object(Registry& registry, pid_t creator, std::function<void()> end) {
  return std::make_unique<Server>(registry, creator, std::move(end));
}

}  // namespace shmoo::manager
