#include "frames_at_random.hpp"

#include <cstring>
#include <limits>

#include "share/manager/codec.hpp"
#include "target.hpp"

namespace shmoo::fuzz {
namespace {

using namespace manager;

constexpr ObjectId kDict = kObjects[0];
constexpr ObjectId kList = kObjects[1];
constexpr ObjectId kValue = kObjects[2];
constexpr ObjectId kArray = kObjects[3];
constexpr ObjectId kQueue = kObjects[4];
constexpr ObjectId kLock = kObjects[5];
constexpr ObjectId kSpace = kObjects[6];

std::size_t below(Random& random, std::size_t limit) {
  return static_cast<std::size_t>(random() % limit);
}

/// Frames in a row.
class Script {
 public:
  explicit Script(std::uint64_t client = 0) : client_(client) {}

  template <class... Argument>
  Script& call(ObjectId object, Method method, const Argument&... arguments) {
    Buffer body;
    (put(body, arguments), ...);
    return add(object, static_cast<std::uint8_t>(method), 0, sizeof...(arguments), body.view());
  }
  Script& as(std::uint64_t client) {
    client_ = client;
    return *this;
  }
  Script& add(ObjectId object, std::uint8_t method, std::uint8_t flags, std::size_t arguments,
              std::string_view body) {
    RequestHeader header;
    header.flags = flags;
    header.method = method;
    header.arguments = static_cast<std::uint8_t>(arguments);
    header.bytes = static_cast<std::uint32_t>(body.size());
    header.request = client_;
    header.object = object;
    bytes_.append(reinterpret_cast<const char*>(&header), sizeof header).append(body);
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::uint64_t client_;
  std::string bytes_;
};

/// A list or a dict of values that stand in a buffer already.
struct Of {
  std::vector<std::string> values;
  bool dict = false;
  friend void put(Buffer& out, const Of& of) {
    if (of.dict)
      put_dict(out, of.values.size());
    else
      put_list(out, of.values.size());
    char key = 'a';
    for (const std::string& value : of.values) {
      if (of.dict) put(out, std::string_view(&key, 1));
      out.append(value);
      ++key;
    }
  }
};
template <class X>
std::string one(const X& x) {
  Buffer out;
  put(out, x);
  return std::string(out.view());
}
std::string text(std::string_view content) {
  return one(content);
}

ObjectId random_object(Random& random) {
  switch (below(random, 8)) {
    case 0:
      return kServer;
    case 1:  // one that an earlier frame may have made
      return (8 + below(random, 6)) << 8 | (1 + below(random, 7));
    default:
      return kObjects[below(random, kObjects.size())];
  }
}

void put_random(Buffer& out, Random& random, int depth) {
  constexpr std::array<std::int64_t, 12> integers{0,
                                                  1,
                                                  2,
                                                  3,
                                                  7,
                                                  -1,
                                                  -2,
                                                  100,
                                                  std::numeric_limits<std::int64_t>::max(),
                                                  std::numeric_limits<std::int64_t>::min(),
                                                  1 << 16,
                                                  -(1 << 16)};
  constexpr std::array<double, 6> reals{0.5,   -0.0,   1,
                                        1e300, 0x1p63, std::numeric_limits<double>::quiet_NaN()};
  constexpr std::array<std::string_view, 5> texts{"a", "b", "c", "",
                                                  "longer than what a string holds in itself"};
  switch (below(random, depth > 0 ? 12 : 10)) {
    case 0:
      return put(out, nullptr);
    case 1:
      return put(out, random() % 2 == 0);
    case 2:
    case 3:
      return put(out, integers[below(random, integers.size())]);
    case 4:
      return put(out, random());
    case 5:
      return put(out, reals[below(random, reals.size())]);
    case 6:
    case 7:
      return put(out, texts[below(random, texts.size())]);
    case 8:
      return put(out, Bytes{texts[below(random, texts.size())]});
    case 9:
      return put(out, Refer{random_object(random)});
    case 10: {
      const std::size_t count = below(random, 5);
      put_list(out, count);
      for (std::size_t i = 0; i < count; ++i) put_random(out, random, depth - 1);
      return;
    }
    default: {
      const std::size_t count = below(random, 4);
      put_dict(out, count);
      for (std::size_t i = 0; i < count; ++i) {
        put(out, texts[below(random, texts.size())]);
        put_random(out, random, depth - 1);
      }
    }
  }
}

}  // namespace

std::vector<std::pair<std::string, std::string>> seeds() {
  using enum Method;
  std::vector<std::pair<std::string, std::string>> all;
  const auto seed = [&](const char* name, const Script& script) { all.emplace_back(name, script.bytes()); };
  const std::string to_list = one(Refer{kList});
  const std::string to_dict = one(Refer{kDict});
  const std::string key = text("key");
  seed("echo",
       Script().call(
           kServer, echo,
           Raw{one(Of{{one(1), one(2.5), text("x"), one(Bytes{"y"}), one(nullptr), one(true), to_list}})}));
  seed("create", Script()
                     .call(kServer, create, 1, Of{{to_list, to_dict}, true})
                     .call(kServer, create, 2, Of{{to_list, one(1)}})
                     .call(kServer, attach, 0x801)
                     .call(kServer, release, 0x801)
                     .call(kServer, release, 0x801)
                     .call(kServer, objects));
  seed("dict", Script()
                   .call(kDict, setitem, "key", Raw{to_list})
                   .call(kDict, setitem, "self", Raw{to_dict})
                   .as(1)
                   .call(kDict, getitem, "key")
                   .call(kDict, items)
                   .as(0)
                   .call(kDict, update, Of{{one(1), to_list, to_dict}, true})
                   .call(kDict, setdefault, "new", Raw{to_list})
                   .call(kDict, Method::get, "absent", Raw{to_list})
                   .call(kDict, pop, "key")
                   .call(kDict, popitem)
                   .call(kDict, delitem, "self")
                   .call(kDict, copy)
                   .call(kDict, keys)
                   .call(kDict, values)
                   .call(kDict, contains, "a")
                   .call(kDict, len)
                   .call(kDict, clear));
  seed("list", Script()
                   .call(kList, extend, Of{{one(3), one(1.5), one(2), to_dict, to_list}})
                   .call(kList, append, Raw{to_list})
                   .call(kList, insert, -1, "x")
                   .call(kList, setitem, 0, Raw{to_dict})
                   .call(kList, getitem, -1)
                   .call(kList, getslice, nullptr, nullptr, -2)
                   .call(kList, setslice, 1, 3, Of{{to_list, to_list, to_list}})
                   .call(kList, setslice, nullptr, nullptr, Of{{one(1), one(2), one(3), one(4)}}, 2)
                   .call(kList, delslice, 0, -1, 3)
                   .call(kList, repeat, 2)
                   .call(kList, Method::index, Raw{to_list}, 0, 9)
                   .call(kList, count, 1)
                   .call(kList, remove, Raw{to_list})
                   .call(kList, reverse)
                   .call(kList, pop)
                   .call(kList, pop, 0)
                   .call(kList, delitem, 0)
                   .call(kList, contains, Of{{one(1)}})
                   .call(kList, copy)
                   .call(kList, clear));
  seed("sort",
       Script()
           .call(kList, extend, Of{{one(3), one(1.5), one(-2), one(std::uint64_t{1} << 63), one(0x1p63)}})
           .call(kList, sort)
           .call(kList, sort, true)
           .call(kList, append, Of{{one(1), text("x")}})
           .call(kList, sort));
  seed("value", Script()
                    .call(kValue, add, 2)
                    .call(kValue, add, 0.5)
                    .call(kValue, set, Of{{to_list, one(Of{{to_dict}, true})}})
                    .call(kValue, Method::get)
                    .call(kValue, swap, Of{{to_list, one(Of{{to_dict}, true})}}, 5)
                    .call(kValue, swap, 4, Raw{to_list}));
  seed("array", Script()
                    .call(kArray, setitem, -1, Bytes{"four"})
                    .call(kArray, getitem, 7)
                    .call(kArray, setslice, 0, 2, Bytes{"eight__8"})
                    .call(kArray, getslice, -2, nullptr)
                    .call(kArray, swap, 0, Bytes{"eigh"}, Bytes{"none"})
                    .call(kArray, len));
  seed("queue", Script()
                    .call(kQueue, put, Raw{to_list}, -1)
                    .call(kQueue, put, Of{{one(Refer{kQueue})}}, -1)
                    .call(kQueue, put, 3, -1)
                    .as(1)
                    .call(kQueue, Method::get, -1)
                    .call(kQueue, Method::get, 0)
                    .call(kQueue, Method::get, -1)
                    .call(kQueue, Method::get, -1)
                    .as(0)
                    .call(kQueue, put, Raw{to_list}, 1000)
                    .call(kQueue, empty)
                    .call(kQueue, full)
                    .call(kQueue, len)
                    .call(kQueue, close)
                    .call(kQueue, put, 4, 0));
  seed("queue_left", Script(1)
                         .call(kQueue, put, Raw{to_list}, -1)
                         .call(kQueue, put, Raw{to_dict}, -1)
                         .call(kQueue, put, Of{{to_list, to_list}}, -1));
  seed("queue_goes", Script()
                         .as(1)
                         .call(kQueue, Method::get, -1)
                         .as(0)
                         .call(kServer, release, kQueue)
                         .call(kQueue, put, 1, 0));
  seed("lock", Script()
                   .call(kLock, acquire, -1)
                   .call(kLock, acquire, 0)
                   .as(1)
                   .call(kLock, acquire, -1)
                   .call(kLock, release_lock)
                   .as(0)
                   .call(kLock, release_lock)
                   .call(kLock, release_lock)
                   .call(kServer, release, kLock));
  seed("namespace", Script()
                        .call(kSpace, setattr, "x", Raw{one(Refer{kSpace})})
                        .call(kSpace, getattr, "x")
                        .call(kSpace, dir)
                        .call(kSpace, copy)
                        .call(kSpace, contains, "x")
                        .call(kSpace, delattr, "x"));
  Script ring;
  ring.call(kServer, create, 2, Of{{to_list}})
      .call(0x802, append, Refer{0x802})
      .call(kList, append, Refer{0x802});
  seed("ring", ring.call(kServer, release, 0x802).call(kList, clear).call(kServer, objects));
  std::string deep = one(1);
  for (int i = 0; i < kMaxDepth; ++i) deep = one(Of{{deep}});
  seed("deep",
       Script().call(kDict, setitem, "deep", Raw{deep}).call(kDict, items).call(kServer, echo, Of{{deep}}));
  seed("wrong", Script()
                    .call(kDict, append, 1)
                    .call(kDict, setitem, 1)
                    .call(kDict, setitem, 1, 2)
                    .call(kList, getitem, 5)
                    .call(12345, Method::get)
                    .call(kDict, setitem, "x", Refer{12345})
                    .add(kDict, 200, 0, 0, "")
                    .add(kDict, static_cast<std::uint8_t>(setitem), kOneWay, 2, key + to_list));
  return all;
}

std::string random_frames(Random& random) {
  Script script;
  for (std::size_t left = 1 + below(random, 8); left > 0; --left) {
    Buffer body;
    const ObjectId object = random_object(random);
    const std::size_t arguments = below(random, 4);
    // Mostly what such an object has, with the argument that it wants first.
    const auto method =
        static_cast<std::uint8_t>(object == kServer ? 1 + below(random, 6) : 16 + below(random, 41));
    for (std::size_t i = 0; i < arguments; ++i) {
      if (i == 0 && object == kServer && random() % 2)
        put(body, static_cast<std::int64_t>(random() % 2 ? 1 + below(random, 7) : random_object(random)));
      else
        put_random(body, random, 3);
    }
    script.as(random() % 2).add(object, method, random() % 8 == 0 ? kOneWay : 0, arguments, body.view());
  }
  return script.bytes();
}

void damage(std::string& bytes, const std::string& other, Random& random) {
  for (std::size_t edits = 1 + below(random, 4); edits > 0 && !bytes.empty(); --edits) {
    const std::size_t at = below(random, bytes.size());
    const std::size_t some = 1 + below(random, bytes.size() - at);
    switch (below(random, 8)) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(random, 8)));
        break;
      case 1:
        bytes[at] = static_cast<char>(random());
        break;
      case 2:  // a tag, or the least of a count or an id
        bytes[at] = static_cast<char>(below(random, 12));
        break;
      case 3: {  // a length
        constexpr std::array<std::uint32_t, 8> lengths{0,      1,          5,          0xFF,
                                                       0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 64 << 20};
        const std::uint32_t length = lengths[below(random, lengths.size())];
        std::memcpy(bytes.data() + at, &length, std::min(sizeof length, bytes.size() - at));
        break;
      }
      case 4:
        bytes.resize(at);
        break;
      case 5:
        bytes.erase(at, some);
        break;
      case 6:
        bytes.insert(at, bytes.substr(at, std::min<std::size_t>(some, 200)));
        break;
      default:
        if (!other.empty()) bytes.replace(at, some, other.substr(below(random, other.size())));
    }
  }
}

}  // namespace shmoo::fuzz
