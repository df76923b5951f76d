// Proxies: objects of the server that look local. The names and meanings are those of Python's dict, list,
// Namespace, Value, Array, Queue and Lock.
//
// A proxy is a Reference with methods: copy it, hand it to threads, use it after fork. Each method is one
// round trip and one indivisible step of the object. Values that are fetched are copies: changing them
// changes nothing in the server. Errors: the exception classes of error.hpp.
//
// Proxies nest. A proxy can stand wherever a value can, also deep inside lists and dicts:
//
//   dict.set("rows", list);                            // an object in an object ...
//   dict.get<List>("rows").append(1);                  // ... is live: this changes `list`
//   dict.set("self", dict);                            // may hold itself
//   list.append({{"name", "mixed"}, {"where", dict}}); // values and proxies
//   as<Dict>(list.get(-1)["where"]).size();
//
// What is stored is a reference: the object lives as long as a client has a proxy of it or it stands
// somewhere that lives. Rings that nobody can reach any more are found and destroyed. A value that is fetched
// brings a proxy of its own for each reference in it, in the same trip.
#pragma once
#include <iterator>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "posix/clock.hpp"
#include "share/manager/client.hpp"
#include "share/manager/json.hpp"

namespace shmoo::manager {

class Proxy {
 public:
  explicit Proxy(Reference reference) : reference_(std::move(reference)) {}
  const Reference& reference() const { return reference_; }
  ObjectId id() const { return reference_.id(); }
  Type type() const { return type_of(id()); }

  /// Any method, exposed or not: what the server says to it.
  template <class... Argument>
  json call(Method method, const Argument&... arguments) const {
    return to_json(reference_.ask(method, arguments...).value(), reference_.place());
  }

  /// Whether both are proxies of one object.
  friend bool operator==(const Proxy& a, const Proxy& b) { return a.id() == b.id(); }

 protected:
  std::size_t count(Method method) const { return call(method).get<std::size_t>(); }
  Reference reference_;
};

/// A proxy as an argument: a reference to its object.
template <std::derived_from<Proxy> P>
void before_put(const P& proxy) {
  proxy.reference().secure();
}
inline void put(Buffer& out, const Proxy& proxy) {
  put(out, proxy.reference());
}

}  // namespace shmoo::manager

/// A proxy becomes a leaf of a value, and a leaf a proxy. Throws shmoo::manager::TypeError when it is no
/// leaf, or its object of another type.
template <std::derived_from<shmoo::manager::Proxy> P>
struct nlohmann::adl_serializer<P, void> {
  static void to_json(shmoo::manager::json& to, const P& proxy) {
    to = shmoo::manager::leaf_of(proxy.reference());
  }
  static P from_json(const shmoo::manager::json& value) {
    return P(shmoo::manager::reference_of(value, P::kType));
  }
};

namespace shmoo::manager {

/// What a fetched value is: as<List>(value), as<int>(value). Throws TypeError for the proxy of another type.
template <class T>
T as(const json& value) {
  return value.get<T>();
}

/// A proxy of one type. Made from a reference to an object of another type it throws TypeError.
template <Type own>
class ProxyOf : public Proxy {
 public:
  static constexpr Type kType = own;
  explicit ProxyOf(Reference reference) : Proxy(std::move(reference)) { check_type(reference_, own); }
};

class Dict : public ProxyOf<Type::dict> {
 public:
  using ProxyOf::ProxyOf;
  explicit Dict(const Client& client, const json& content = json::object())
      : ProxyOf(client.create(Type::dict, content)) {}

  /// Throws KeyError.
  json get(std::string_view key) const { return call(Method::getitem, key); }
  json get(std::string_view key, const json& otherwise) const { return call(Method::get, key, otherwise); }
  /// get<List>("key"), get<int>("key"): as<T>() of it.
  template <class T>
  T get(std::string_view key) const {
    return as<T>(get(key));
  }
  void set(std::string_view key, const json& value) const { call(Method::setitem, key, value); }
  /// Throws KeyError.
  void erase(std::string_view key) const { call(Method::delitem, key); }
  bool contains(std::string_view key) const { return call(Method::contains, key).get<bool>(); }
  std::size_t size() const { return count(Method::len); }
  /// In the order in which they came, as values() and items().
  std::vector<std::string> keys() const { return call(Method::keys).get<std::vector<std::string>>(); }
  json values() const { return call(Method::values); }
  /// A list of [key, value].
  json items() const { return call(Method::items); }
  void update(const json& more) const { call(Method::update, more); }
  /// Takes it out. Throws KeyError.
  json pop(std::string_view key) const { return call(Method::pop, key); }
  json pop(std::string_view key, const json& otherwise) const { return call(Method::pop, key, otherwise); }
  /// Takes out the one that came last: [key, value]. Throws KeyError when there is none.
  json popitem() const { return call(Method::popitem); }
  /// What is there under `key`, after `value` was put there if nothing was.
  json setdefault(std::string_view key, const json& value = nullptr) const {
    return call(Method::setdefault, key, value);
  }
  void clear() const { call(Method::clear); }
  /// A json object with all of it.
  json copy() const { return call(Method::copy); }
};

class List : public ProxyOf<Type::list> {
 public:
  using ProxyOf::ProxyOf;
  explicit List(const Client& client, const json& content = json::array())
      : ProxyOf(client.create(Type::list, content)) {}

  /// Negative indices count from the end. Throws IndexError.
  json get(std::int64_t index) const { return call(Method::getitem, index); }
  template <class T>
  T get(std::int64_t index) const {
    return as<T>(get(index));
  }
  void set(std::int64_t index, const json& value) const { call(Method::setitem, index, value); }
  void erase(std::int64_t index) const { call(Method::delitem, index); }
  /// Bounds as in Python: null = from the start, to the end; negative ones count from the end; cut to what is
  /// there.
  json slice(const json& start, const json& stop, const json& step = nullptr) const {
    return call(Method::getslice, start, stop, step);
  }
  /// Puts the values in the place of a slice, whatever their number; with a step other than 1 there must be
  /// as many as there are, else ValueError.
  void set_slice(const json& start, const json& stop, const json& values, const json& step = nullptr) const {
    call(Method::setslice, start, stop, values, step);
  }
  void erase_slice(const json& start, const json& stop, const json& step = nullptr) const {
    call(Method::delslice, start, stop, step);
  }
  bool contains(const json& value) const { return call(Method::contains, value).get<bool>(); }
  std::size_t size() const { return Proxy::count(Method::len); }
  void append(const json& value) const { call(Method::append, value); }
  void extend(const json& values) const { call(Method::extend, values); }
  const List& operator+=(const json& values) const { return extend(values), *this; }
  /// What is there, `times` times; 0 or less empties it. Throws ValueError when that would take
  /// more than kMaxPayload bytes in the server.
  const List& operator*=(std::int64_t times) const { return call(Method::repeat, times), *this; }
  void insert(std::int64_t before, const json& value) const { call(Method::insert, before, value); }
  /// Throws IndexError.
  json pop(std::int64_t index = -1) const { return call(Method::pop, index); }
  template <class T>
  T pop(std::int64_t index = -1) const {
    return as<T>(pop(index));
  }
  /// The first that is equal. Throws ValueError when there is none.
  void remove(const json& value) const { call(Method::remove, value); }
  void reverse() const { call(Method::reverse); }
  /// Numbers of all kinds, texts, bytes, bools, or lists of such; what is equal keeps its order, in reverse
  /// too. Throws TypeError when two cannot be compared, and nothing is changed then.
  void sort(bool reverse = false) const { call(Method::sort, reverse); }
  std::size_t count(const json& value) const { return call(Method::count, value).get<std::size_t>(); }
  /// Of the first that is equal, within the slice. Throws ValueError when there is none.
  std::size_t index(const json& value, const json& start = nullptr, const json& stop = nullptr) const {
    return call(Method::index, value, start, stop).get<std::size_t>();
  }
  void clear() const { call(Method::clear); }
  json copy() const { return call(Method::copy); }

  /// Walks by index until there is no such index, as Python does while a list changes: a trip for each value.
  class Iterator {
   public:
    using value_type = json;
    using difference_type = std::ptrdiff_t;
    const json& operator*() const { return *here_; }
    const json* operator->() const { return &*here_; }
    Iterator& operator++() {
      ++index_;
      fetch();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return !here_; }

   private:
    friend class List;
    explicit Iterator(Reference list) : list_(std::move(list)) { fetch(); }
    void fetch() {
      here_.reset();  // before the call: giving back a reference is a call, too
      const Answer answer = list_.ask(Method::getitem, index_);
      if (answer.error != ErrorKind::index) here_ = to_json(answer.value(), list_.place());
    }
    Reference list_;
    std::int64_t index_ = 0;
    std::optional<json> here_;
  };
  Iterator begin() const { return Iterator(reference_); }
  std::default_sentinel_t end() const { return {}; }
};

/// Attributes by name. A name that is not there is an AttributeError.
class Namespace : public ProxyOf<Type::space> {
 public:
  using ProxyOf::ProxyOf;
  explicit Namespace(const Client& client, const json& attributes = json::object())
      : ProxyOf(client.create(Type::space, attributes)) {}

  json get(std::string_view name) const { return call(Method::getattr, name); }
  template <class T>
  T get(std::string_view name) const {
    return as<T>(get(name));
  }
  void set(std::string_view name, const json& value) const { call(Method::setattr, name, value); }
  void erase(std::string_view name) const { call(Method::delattr, name); }
  bool contains(std::string_view name) const { return call(Method::contains, name).get<bool>(); }
  /// In the order of the alphabet.
  std::vector<std::string> names() const { return call(Method::dir).get<std::vector<std::string>>(); }
  json copy() const { return call(Method::copy); }
};

class Value : public ProxyOf<Type::value> {
 public:
  using ProxyOf::ProxyOf;
  explicit Value(const Client& client, const json& initial = nullptr)
      : ProxyOf(client.create(Type::value, initial)) {}

  json get() const { return call(Method::get); }
  template <class T>
  T get() const {
    return as<T>(get());
  }
  void set(const json& value) const { call(Method::set, value); }
  /// Adds a number as one step. @return the sum. Integers wrap modulo 2^64. Throws TypeError for anything but
  /// numbers.
  json add(const json& number) const { return call(Method::add, number); }
  /// Sets it to `desired` if it is `expected`. @return whether it was.
  bool swap(const json& expected, const json& desired) const {
    return call(Method::swap, expected, desired)[0].get<bool>();
  }
};

/// A fixed number of T.
template <class T>
class Array : public ProxyOf<Type::array> {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  using ProxyOf<Type::array>::ProxyOf;
  /// All zero. Throws ValueError beyond kMaxBody bytes.
  Array(const Client& client, std::size_t count)
      : ProxyOf<Type::array>(
            client.create(Type::array, std::int64_t{sizeof(T)}, static_cast<std::int64_t>(count))) {}

  std::size_t size() const { return count(Method::len); }
  /// Negative indices count from the end. Throws IndexError.
  T get(std::int64_t index) const {
    const std::vector<T> element = elements_of(reference_.ask(Method::getitem, index));
    if (element.size() != 1) throw TypeError("the array holds elements of another size");
    return element[0];
  }
  void set(std::int64_t index, const T& element) const {
    call(Method::setitem, index, bytes_of_range({&element, 1}));
  }
  /// Elements [first, last), where negative bounds count from the end. Throws IndexError beyond the ends.
  std::vector<T> slice(std::int64_t first, std::int64_t last) const {
    return elements_of(reference_.ask(Method::getslice, first, last));
  }
  /// From `first` to the end.
  std::vector<T> slice(std::int64_t first) const {
    return elements_of(reference_.ask(Method::getslice, first, nullptr));
  }
  /// Throws IndexError beyond the ends, ValueError for another number of elements; nothing is changed then.
  void set_slice(std::int64_t first, std::int64_t last, std::span<const T> elements) const {
    call(Method::setslice, first, last, bytes_of_range(elements));
  }

 private:
  static Bytes bytes_of_range(std::span<const T> elements) {
    return {{reinterpret_cast<const char*>(elements.data()), elements.size_bytes()}};
  }
  static std::vector<T> elements_of(const Answer& answer) {
    const std::string_view bytes = bytes_of(answer.value(), "an array's elements");
    if (bytes.size() % sizeof(T) != 0) throw TypeError("the array holds elements of another size");
    std::vector<T> elements(bytes.size() / sizeof(T));
    if (!elements.empty()) std::memcpy(elements.data(), bytes.data(), bytes.size());
    return elements;
  }
};

/// What the server takes as a time to wait: ns, negative for ever.
inline std::int64_t timeout_of(posix::Deadline deadline) {
  return deadline.is_never() ? -1 : deadline.left_ns();
}

class Queue : public ProxyOf<Type::queue> {
 public:
  using ProxyOf::ProxyOf;
  /// Bounded by `maxsize` values; 0 = not bounded.
  explicit Queue(const Client& client, std::size_t maxsize = 0)
      : ProxyOf(client.create(Type::queue, static_cast<std::int64_t>(maxsize))) {}

  /// Waits in the server for room. Throws Full at the deadline, Closed when the queue is or gets closed.
  void put(const json& value, posix::Deadline deadline = posix::Deadline::never()) const {
    call(Method::put, value, timeout_of(deadline));
  }
  /// Waits in the server for a value. Throws Empty at the deadline, Closed when the queue is closed and
  /// nothing is left.
  json get(posix::Deadline deadline = posix::Deadline::never()) const {
    return call(Method::get, timeout_of(deadline));
  }
  template <class T>
  T get(posix::Deadline deadline = posix::Deadline::never()) const {
    return as<T>(get(deadline));
  }
  void put_nowait(const json& value) const { put(value, posix::Deadline::now()); }
  json get_nowait() const { return get(posix::Deadline::now()); }
  /// What these three say may have changed when the answer arrives.
  std::size_t size() const { return count(Method::len); }
  bool empty() const { return call(Method::empty).get<bool>(); }
  bool full() const { return call(Method::full).get<bool>(); }
  void close() const { call(Method::close); }
};

/// Recursive; held by a thread, and given back when the thread or its process ends, however that happens.
class Lock : public ProxyOf<Type::lock> {
 public:
  using ProxyOf::ProxyOf;
  explicit Lock(const Client& client) : ProxyOf(client.create(Type::lock)) {}

  /// @return false when the deadline passed first.
  bool acquire(posix::Deadline deadline = posix::Deadline::never()) const {
    const Answer answer = reference_.ask(Method::acquire, timeout_of(deadline));
    if (answer.error == ErrorKind::timeout) return false;
    static_cast<void>(answer.value());
    reference_.link().took_lock();
    return true;
  }
  /// Throws ValueError when this thread does not hold it.
  void release() const {
    call(Method::release_lock);
    reference_.link().gave_lock();
  }
};

}  // namespace shmoo::manager
