#include "share/manager/sessions.hpp"

#include <algorithm>
#include <utility>

namespace shmoo::manager {

Sessions::Sessions(std::function<void(Session&)> watch, std::function<void(std::shared_ptr<Session>)> gone)
    : watch_(std::move(watch)), gone_(std::move(gone)) {}

/// The living session that `is` says it is, or a new one. With the mutex held.
template <class Is>
std::shared_ptr<Session> Sessions::enter_where(Is is) {
  for (const auto& session : sessions_) {
    if (session->died || !is(*session)) continue;
    ++session->entered;
    return session;
  }
  auto session = std::make_shared<Session>();
  session->entered = 1;
  sessions_.push_back(session);
  return session;
}

std::shared_ptr<Session> Sessions::enter(pid_t pid) {
  const std::scoped_lock guard(mutex_);
  auto session = enter_where([&](const Session& one) { return pid > 0 && one.pid == pid; });
  if (session->entered > 1) return session;
  session->pid = pid;
  watch_(*session);
  return session;
}

std::shared_ptr<Session> Sessions::enter(const ProcessNumber& number) {
  const std::scoped_lock guard(mutex_);
  auto session = enter_where([&](const Session& one) { return one.number == number; });
  session->number = number;
  return session;
}

bool Sessions::arrive(Connection& connection) {
  const std::scoped_lock guard(mutex_);
  connection.session.connections.push_back(&connection);
  return !connection.session.died;
}

void Sessions::leave(Connection& connection) {
  std::shared_ptr<Session> last;
  {
    const std::scoped_lock guard(mutex_);
    Session& session = connection.session;
    std::erase(session.connections, &connection);
    if (--session.entered > 0) return;
    const auto found = std::ranges::find(sessions_, &session, &std::shared_ptr<Session>::get);
    last = std::move(*found);
    sessions_.erase(found);
  }
  gone_(std::move(last));
}

std::vector<std::shared_ptr<Connection>> Sessions::died(Session& session) {
  const std::scoped_lock guard(mutex_);
  session.died = true;
  std::vector<std::shared_ptr<Connection>> all;
  for (Connection* connection : session.connections) all.push_back(connection->shared_from_this());
  return all;
}

}  // namespace shmoo::manager
