#include "share/manager/dispatch.hpp"

#include <new>

#include "share/manager/connection.hpp"

namespace shmoo::manager {
namespace {

/// Runs `act`; what it throws becomes the reply.
template <class Act>
void or_fail(Reply& reply, Act act) {
  try {
    act();
  } catch (const Error& error) {
    reply.fail(error.kind(), error.what());
  } catch (const std::bad_alloc&) {
    reply.fail(ErrorKind::memory, "the server has no memory for this");
  } catch (const std::exception& error) {
    reply.fail(ErrorKind::value, error.what());
  }
}

}  // namespace

void grant_reply(Registry& registry, Reply& reply, Holdings& owner) {
  or_fail(reply, [&] {
    if (reply.delivers()) registry.grant(reply.body(), owner);
  });
}

void call_object(Registry& registry, Object* object, const Request& request, Reply& reply, Connection& caller,
                 Host& host) {
  or_fail(reply, [&] {
    if (!object || object->gone) no_object(request.header.object);
    Registry::Pins pins;
    if (request.refers) registry.pin(request.values(), pins);
    const Call call{
        static_cast<Method>(request.header.method), request.values(), request.refers, reply, caller, host};
    const bool may_refer = request.refers || object->refers();
    or_fail(reply, [&] { object->call(call); });
    // A reference that leaves the object with its value is the client's before it is not the object's any
    // more.
    if (may_refer) grant_reply(registry, reply, caller.session.holdings);
    registry.settle(*object);
  });
}

}  // namespace shmoo::manager
