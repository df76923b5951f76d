#include "share/manager/sessions.hpp"

#include <algorithm>
#include <utility>

namespace shmoo::manager {

Sessions::Sessions(std::function<void(Session&)> watch, std::function<void(std::shared_ptr<Session>)> gone)
    : watch_(std::move(watch)), gone_(std::move(gone)) {}

std::shared_ptr<Session> Sessions::enter(pid_t pid) {
  const std::scoped_lock guard(mutex_);
  for (const auto& session : sessions_) {
    if (pid <= 0 || session->pid != pid || session->died) continue;
    ++session->entered;
    return session;
  }
  auto session = std::make_shared<Session>();
  session->pid = pid;
  session->entered = 1;
  sessions_.push_back(session);
  watch_(*session);
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
