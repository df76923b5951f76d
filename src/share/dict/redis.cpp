#ifdef SHMOO_HIREDIS
#include "share/dict/redis.hpp"

#include <hiredis/hiredis.h>

#include <array>
#include <stdexcept>

#include "posix/fork_generation.hpp"

namespace shmoo::dict {
namespace {

std::string redis_server() {
  return posix::find_program("redis-server");
}

std::vector<std::string> settings(const std::string& address) {
  return {"--unixsocket",
          address,
          "--unixsocketperm",
          "700",
          "--port",
          "0",
          "--save",
          "",
          "--appendonly",
          "no",
          "--databases",
          "1",
          "--daemonize",
          "no",
          "--loglevel",
          "warning",
          "--dir",
          address.substr(0, address.rfind('/'))};
}

constexpr std::string_view kHash = "dict";

struct Drop {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, Drop>;

}  // namespace

/// A process's connection.
class RedisDict::Link {
 public:
  explicit Link(const std::string& address) : context_(redisConnectUnix(address.c_str())) {
    if (!context_ || context_->err) lost();
  }

  /// Adds a command to what is sent next.
  void add(std::span<const std::string_view> words) {
    pointers_.clear();
    lengths_.clear();
    for (const std::string_view word : words) {
      pointers_.push_back(word.data());
      lengths_.push_back(word.size());
    }
    if (redisAppendCommandArgv(context_.get(), static_cast<int>(words.size()), pointers_.data(),
                               lengths_.data()) != REDIS_OK)
      lost();
  }
  void send() {
    for (int done = 0; !done;)
      if (redisBufferWrite(context_.get(), &done) != REDIS_OK) lost();
  }
  /// The answer to the oldest command that has none yet.
  Reply next() {
    void* raw = nullptr;
    if (redisGetReply(context_.get(), &raw) != REDIS_OK) lost();
    Reply reply(static_cast<redisReply*>(raw));
    if (reply->type == REDIS_REPLY_ERROR) throw std::runtime_error("redis: " + std::string(text(*reply)));
    return reply;
  }
  Reply ask(std::span<const std::string_view> words) {
    add(words);
    return next();
  }

  static std::string_view text(const redisReply& reply) { return {reply.str, reply.len}; }

 private:
  struct Free {
    void operator()(redisContext* context) const { redisFree(context); }
  };
  [[noreturn]] void lost() {
    throw std::runtime_error(std::string("redis: ") + (context_ ? context_->errstr : "no memory"));
  }

  std::unique_ptr<redisContext, Free> context_;
  std::vector<const char*> pointers_;
  std::vector<std::size_t> lengths_;
};

RedisDict::RedisDict(const Shape&)
    : server_(redis_server(), settings), generation_(posix::fork_generation()) {}
RedisDict::~RedisDict() = default;

RedisDict::Link& RedisDict::link() {
  // What fork left here is the parent's connection: closing our copy of it does not disturb it.
  if (!link_ || generation_ != posix::fork_generation()) {
    link_ = std::make_unique<Link>(server_.address());
    generation_ = posix::fork_generation();
  }
  return *link_;
}

void RedisDict::set(std::string_view key, std::string_view value) {
  link().ask(std::array<std::string_view, 4>{"HSET", kHash, key, value});
}

bool RedisDict::get(std::string_view key, std::string& value) {
  const Reply reply = link().ask(std::array<std::string_view, 3>{"HGET", kHash, key});
  if (reply->type == REDIS_REPLY_NIL) return false;
  value.assign(Link::text(*reply));
  return true;
}

bool RedisDict::erase(std::string_view key) {
  return link().ask(std::array<std::string_view, 3>{"HDEL", kHash, key})->integer == 1;
}

void RedisDict::update(std::span<const Item> items) {
  if (items.empty()) return;
  std::vector<std::string_view> words{"HSET", kHash};
  for (const auto& [key, value] : items) words.insert(words.end(), {key, value});
  link().ask(words);
}

std::vector<OwnedItem> RedisDict::items() {
  const Reply reply = link().ask(std::array<std::string_view, 2>{"HGETALL", kHash});
  std::vector<OwnedItem> all;
  for (std::size_t i = 0; i + 1 < reply->elements; i += 2)
    all.emplace_back(Link::text(*reply->element[i]), Link::text(*reply->element[i + 1]));
  return all;
}

std::size_t RedisDict::size() {
  return static_cast<std::size_t>(link().ask(std::array<std::string_view, 2>{"HLEN", kHash})->integer);
}

void RedisDict::clear() {
  link().ask(std::array<std::string_view, 2>{"DEL", kHash});
}

void RedisDict::Flight::set(std::string_view key, std::string_view value) {
  dict_.link().add(std::array<std::string_view, 4>{"HSET", kHash, key, value});
}
void RedisDict::Flight::get(std::string_view key) {
  dict_.link().add(std::array<std::string_view, 3>{"HGET", kHash, key});
}
void RedisDict::Flight::send() {
  dict_.link().send();
}
bool RedisDict::Flight::take(std::string& value) {
  const Reply reply = dict_.link().next();
  if (reply->type == REDIS_REPLY_NIL) return false;
  if (reply->type == REDIS_REPLY_STRING) value.assign(Link::text(*reply));
  return true;
}

}  // namespace shmoo::dict
#endif
