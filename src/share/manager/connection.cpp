#include "share/manager/connection.hpp"

#include <algorithm>
#include <utility>

#include "share/manager/loop.hpp"

namespace shmoo::manager {

void Connection::ready(std::uint32_t events) {
  loop.ready(*this, events);
}

bool Connection::mail(std::uint64_t request, bool wanted, const std::function<void(Reply&)>& say) {
  const std::scoped_lock guard(mutex_);
  // Its end may stand further back in the line of events than what is being carried out.
  if (gone || posix::has_left(wire->descriptor(), session.watch ? session.watch->fd.get() : -1)) return false;
  const bool first = mail_.empty();
  bool whole = true;
  Reply reply(mail_, request, wanted);
  try {
    say(reply);
  } catch (const std::bad_alloc&) {
    reply.fail(ErrorKind::memory, "the server has no memory for this");
    whole = false;
  }
  reply.finish();
  if (first && !mail_.empty()) loop.has_mail(*this);
  return whole;
}

void Connection::open_mail() {
  const std::scoped_lock guard(mutex_);
  if (out.empty())
    std::swap(out, mail_);
  else
    out.append(mail_.view());
  mail_.clear();
}

bool Connection::bind(Object& object) {
  const std::scoped_lock guard(mutex_);
  if (gone) return false;
  bound_.push_back(object.shared_from_this());
  object.holders.push_back(this);
  return true;
}

void Connection::unbind(Object& object) {
  const std::scoped_lock guard(mutex_);
  std::erase_if(bound_, [&](const auto& one) { return one.get() == &object; });
  std::erase(object.holders, this);
}

void Connection::turn_to_lines() {
  const std::scoped_lock guard(mutex_);
  lines = offered.get();
  lines->start(static_cast<SocketWire&>(*wire).release());
  wire = std::move(offered);
}

std::vector<std::shared_ptr<Object>> Connection::cut_off() {
  const std::scoped_lock guard(mutex_);
  gone = true;
  return std::exchange(bound_, {});
}

}  // namespace shmoo::manager
