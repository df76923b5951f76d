#include "share/manager/object.hpp"

#include <cstring>

namespace shmoo::manager {

void Reply::fail(Status status, ErrorKind kind, std::string_view text) {
  if (finished_) return;  // too late: the client has its answer
  out_.truncate(start_ + sizeof(ReplyHeader));
  out_.append(text);
  status_ = status;
  error_ = kind;
}

void Reply::check_length() {
  if (body().size() > kMaxBody)
    fail(ErrorKind::value, "a reply of " + std::to_string(body().size()) + " bytes is too long for a frame");
}

bool Reply::delivers() {
  if (finished_ || !wanted_) return false;
  check_length();
  return status_ == Status::value;
}

void Reply::finish() {
  if (finished_) return;
  if (!wanted_) return discard();
  check_length();
  ReplyHeader header;
  header.status = static_cast<std::uint8_t>(status_);
  header.error = static_cast<std::uint8_t>(error_);
  header.bytes = static_cast<std::uint32_t>(body().size());
  header.request = request_;
  write_header(out_.data() + start_, header);
  finished_ = true;
}

void refuse_method(const Call& call, std::string_view type) {
  const std::string_view name = name_of(call.method);
  const std::string method = name.empty() ? "number " + std::to_string(static_cast<int>(call.method))
                                          : "'" + std::string(name) + "'";
  call.reply.fail(ErrorKind::method, "a " + std::string(type) + " has no method " + method);
}

void refuse_arity(const Call& call, std::string_view type, int least, int most) {
  std::string wanted = std::to_string(least);
  if (most != least) wanted += " to " + std::to_string(most);
  call.reply.fail(ErrorKind::arity, std::string(type) + '.' + std::string(name_of(call.method)) + " takes " +
                                        wanted + (most == 1 ? " argument, not " : " arguments, not ") +
                                        std::to_string(call.arguments.size()));
}

}  // namespace shmoo::manager
