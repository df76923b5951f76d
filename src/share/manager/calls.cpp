#include "share/manager/calls.hpp"

#include <algorithm>
#include <utility>

#include "share/manager/dispatch.hpp"
#include "share/manager/loop.hpp"
#include "share/manager/server_object.hpp"

namespace shmoo::manager {
namespace {

/// What this thread has to bury.
std::vector<std::shared_ptr<Object>>& dying() {
  static thread_local std::vector<std::shared_ptr<Object>> objects;
  return objects;
}

}  // namespace

Calls::Calls(pid_t creator, bool alone, std::function<void()> end)
    : alone_(alone),
      registry_([](std::shared_ptr<Object> object) { dying().push_back(std::move(object)); }),
      server_(make_server_object(registry_, creator, std::move(end))) {}

bool Calls::enter(Object& object, Connection& caller, Busy busy) {
  if (busy == Busy::leave_word)
    return object.turn.try_lock() ||
           object.turn.lock_or([caller = caller.shared_from_this()] { caller->loop.retry(caller); });
  object.turn.lock();
  return true;
}

bool Calls::carry_out(Connection& caller, const Request& request, Busy busy, Recent& recent) {
  const RequestHeader& header = request.header;
  Object* object = server_.get();
  std::unique_lock<Turn> turn;
  if (header.object != kServer) {
    if (recent.id != header.object) recent = {header.object, registry_.find(header.object)};
    object = recent.object.get();
    if (object && !alone_) {
      if (!enter(*object, caller, busy)) return false;
      turn = std::unique_lock(object->turn, std::adopt_lock);
    }
  }
  Reply reply(caller.out, header.request, header.flags != kOneWay);
  call_object(registry_, object, request, reply, caller, *this);
  reply.finish();
  return true;
}

bool Calls::bury() {
  registry_.tidy();
  auto& objects = dying();
  if (objects.empty()) return false;
  while (!objects.empty()) {
    const std::shared_ptr<Object> object = std::move(objects.back());
    objects.pop_back();
    const std::scoped_lock turn(object->turn);
    object->gone = true;
    if (object->parked > 0) {
      for (const Ticket ticket : parking_.in(*object)) {
        object->forget(ticket);
        answer(ticket, [](Reply& reply) { reply.fail(ErrorKind::reference, "the object is gone"); });
      }
    }
    while (!object->holders.empty()) object->holders.back()->unbind(*object);
  }
  return true;
}

Ticket Calls::park(Object& object, Connection& caller, Reply& reply, std::int64_t timeout_ns, ErrorKind kind,
                   std::string text) {
  const Ticket ticket = parking_.park({caller.shared_from_this(), object.shared_from_this(), reply.request(),
                                       reply.wanted(), 0, kind, std::move(text)},
                                      timeout_ns, Connection::kMostParked);
  if (ticket == 0) {
    reply.fail(ErrorKind::memory, "too many calls of this client wait in the server");
    return 0;
  }
  ++object.parked;
  reply.discard();
  return ticket;
}

bool Calls::answer(Ticket ticket, const std::function<void(Reply&)>& say) {
  const std::optional<Parked> call = parking_.take(ticket);
  if (!call) return false;
  --call->object->parked;
  // References are its client's before the object parts with them; a client that is there has a session.
  return call->caller->mail(call->request, call->wanted, [&](Reply& reply) {
    say(reply);
    grant_reply(registry_, reply, call->caller->session.holdings);
  });
}

void Calls::drop(Connection& client) {
  for (;;) {
    const Due next = parking_.of(client);
    if (next.ticket == 0) return;
    const std::scoped_lock turn(next.object->turn);
    if (!parking_.take(next.ticket)) continue;
    --next.object->parked;
    next.object->forget(next.ticket);
    registry_.settle(*next.object);
  }
}

void Calls::leave(Connection& client, std::span<const std::shared_ptr<Object>> bound) {
  for (const auto& object : bound) {
    const std::scoped_lock turn(object->turn);
    std::erase(object->holders, &client);
    if (!object->gone) object->left(client, *this);
  }
}

void Calls::expire() {
  if (expires_ns() == INT64_MAX) return;
  const std::int64_t now = posix::monotonic_ns();
  for (;;) {
    const Due next = parking_.overdue(now);
    if (next.ticket == 0) return;
    const std::scoped_lock turn(next.object->turn);
    // Somebody may have answered it while we waited for the turn.
    const std::optional<Parked> call = parking_.take(next.ticket);
    if (!call) continue;
    --next.object->parked;
    next.object->forget(next.ticket);
    registry_.settle(*next.object);
    call->caller->mail(call->request, call->wanted,
                       [&](Reply& reply) { reply.fail(call->kind, call->text); });
  }
}

}  // namespace shmoo::manager
