// The fuzzed functions: an input is what two clients send, one frame after the other. It goes through the
// frame parser, the codec and the dispatcher into real objects, as it does in the server. After each input
// all must be as it has to be: replies well formed, counts of references right, nothing left when both
// clients are gone.
//
// Works with libFuzzer as it is; driver.cpp is for compilers that have none.
#include "target.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "share/manager/json.hpp"
#include "support/manager_in_process.hpp"

namespace shmoo::fuzz {
namespace {

using namespace manager;

std::uint64_t frames_seen = 0;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: %s\n", what);
  std::abort();
}

bool has_nan(const json& value) {
  if (value.is_structured()) return std::any_of(value.begin(), value.end(), has_nan);
  return value.is_number_float() && std::isnan(value.get<double>());
}

/// -1, 0, 1, or 2 for what has no order.
int order_of(Encoded a, Encoded b) {
  try {
    const auto by = order(a, b);
    return by < 0 ? -1 : by > 0;
  } catch (const TypeError&) {
    return 2;
  }
}

void check_pair(Encoded a, Encoded b) {
  const int there = order_of(a, b);
  const int back = order_of(b, a);
  require(there == 2 ? back == 2 : there == -back, "an order is not the reverse of its reverse");
  require(equal(a, b) == equal(b, a), "equality has a direction");
}

void check_value(Encoded value, bool refers) {
  require(measure(value) == value.size(), "a value has two lengths");
  check_pair(value, value);
  std::size_t references = 0;
  for_each_reference(value, [&](ObjectId) { ++references; });
  require(refers || references == 0, "a reference was overlooked");
  if (references > 0) return;  // on the client's side those would speak to a server
  const json there = to_json(value, nullptr);
  Buffer again;
  put(again, there);
  require(measure(again.view()) == again.size(), "our own encoding is malformed");
  require(equal(value, again.view()) || has_nan(there), "a value is not what it was");
  Buffer twice;
  put(twice, to_json(again.view(), nullptr));
  require(again.view() == twice.view(), "our own encoding is not stable");
}

void check_replies(std::string_view said, const Holdings& holdings) {
  while (!said.empty()) {
    ReplyHeader header;
    require(said.size() >= sizeof header, "half a reply");
    std::memcpy(&header, said.data(), sizeof header);
    said.remove_prefix(sizeof header);
    require(header.magic == kReplyMagic && header.bytes <= said.size(), "a reply that is none");
    const std::string_view body = said.substr(0, header.bytes);
    said.remove_prefix(header.bytes);
    const bool is_value = header.status == static_cast<std::uint8_t>(Status::value);
    if (is_value)
      require(measure(body, kMaxReplyDepth) == body.size() && !body.empty(), "a malformed value in a reply");
    if (is_value)
      for_each_reference(body, [&](ObjectId id) {
        require(holdings.references.contains(id), "a client was sent a reference that it does not have");
      });
    else
      require(header.error != 0 && body.find("::at") == body.npos, "an error that should not be");
  }
}

/// Legal, but a matter of minutes: millions of them would test memory alone.
bool is_large(const Request& request) {
  const auto arguments = request.values();
  const auto number = [&](std::size_t i) {
    return i < arguments.size() && is_integer(arguments[i]) ? number_of<std::int64_t>(arguments[i]) : 0;
  };
  const auto method = static_cast<Method>(request.header.method);
  if (method == Method::repeat) return number(0) > 100;
  return method == Method::create && number(0) == static_cast<int>(Type::array) && number(1) > 0 &&
         number(2) > (1 << 16) / number(1);
}

void make_objects(test::InProcessServer& server) {
  const auto make = [&](Type type, auto... arguments) {
    server.call(0, kServer, Method::create, static_cast<int>(type), arguments...);
  };
  make(Type::dict);
  make(Type::list);
  make(Type::value, 0);
  make(Type::array, 4, 8);
  make(Type::queue, 2);
  make(Type::lock);
  make(Type::space);
  for (const ObjectId id : kObjects)
    require(server.registry.find(id) != nullptr, "ids are others than thought");
}

/// Each object has counted what is in it: no way in or out may forget what goes with a value.
void check_content(test::InProcessServer& server) {
  const auto [dict, list, value, array, queue, lock, space] = kObjects;
  for (const auto& [id, method] : {std::pair(dict, Method::copy), std::pair(list, Method::copy),
                                   std::pair(value, Method::get), std::pair(space, Method::copy)})
    if (const auto object = server.registry.find(id)) {
      const std::string content = server.call(0, id, method);
      if (server.error != ErrorKind::none) continue;
      std::uint64_t references = 0;
      for_each_reference(content, [&](ObjectId) { ++references; });
      require(object->references() == references, "an object has counted wrong what it refers to");
    }
}

/// What is empty refers to nothing, also a queue, into which one cannot look.
void empty_all(test::InProcessServer& server) {
  const auto [dict, list, value, array, queue, lock, space] = kObjects;
  server.call(0, dict, Method::clear);
  server.call(0, list, Method::clear);
  server.call(0, value, Method::set, nullptr);
  do server.call(0, queue, Method::get, 0);
  while (server.error == ErrorKind::none);
  const std::string names = server.call(0, space, Method::dir);
  if (server.error == ErrorKind::none)
    for (Walk walk(names, Tag::list, "names"); walk.left() > 0;)
      server.call(0, space, Method::delattr, text_of(walk.next(), "a name"));
  for (const ObjectId id : kObjects)
    if (const auto object = server.registry.find(id))
      require(!object->refers(), "an empty object refers to something");
}

void one_input(std::string_view bytes) {
  test::InProcessServer server;
  make_objects(server);
  Buffer in;
  in.append(bytes);
  Request request;
  std::string reason;
  while (!in.empty()) {
    ++frames_seen;
    const Frame found = next_frame(in, request, reason);
    require(found != Frame::whole || has_frame(in), "a whole frame lacks bytes");
    if (found != Frame::whole) break;
    const auto arguments = request.values();
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      check_value(arguments[i], request.refers);
      if (i > 0) check_pair(arguments[i - 1], arguments[i]);
    }
    const std::size_t client = request.header.request % 2;
    if (!is_large(request)) server.carry_out(client, request);
    for (std::size_t i = 0; i < 2; ++i) {
      check_replies(server.client(i).out.view(), server.holdings(i));
      server.client(i).out.clear();
    }
    require(server.consistent(), "references are counted wrong");
    in.consume(request.bytes());
  }
  server.leave(1);
  require(server.consistent(), "references are counted wrong after a client left");
  check_content(server);
  empty_all(server);
  server.leave(0);
  server.registry.collect();
  require(server.registry.size() == 0, "objects are left that nobody holds");
  require(server.parked() == 0, "calls wait for clients that are gone");
}

}  // namespace

std::uint64_t frames() {
  return frames_seen;
}

}  // namespace shmoo::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  shmoo::fuzz::one_input({reinterpret_cast<const char*>(data), bytes});
  return 0;
}
