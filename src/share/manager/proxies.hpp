// Proxies: objects of the server that look local. The names and meanings are those of Python's dict, list,
// Value, Array and Queue.
//
// A proxy is a Reference with methods: copy it, hand it to threads, use it after fork. Each method is one
// round trip and one indivisible step of the object. Values that are fetched are copies: changing them
// changes nothing in the server. Errors: the exception classes of error.hpp.
#pragma once
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

  /// Any method, exposed or not: what the server says to it.
  template <class... Argument>
  json call(Method method, const Argument&... arguments) const {
    return to_json(reference_.ask(method, arguments...).value());
  }

 protected:
  std::size_t count(Method method) const { return call(method).get<std::size_t>(); }
  Reference reference_;
};

class Dict : public Proxy {
 public:
  using Proxy::Proxy;
  explicit Dict(const Client& client, const json& content = json::object())
      : Proxy(client.create(Type::dict, content)) {}

  /// Throws KeyError.
  json get(std::string_view key) const { return call(Method::getitem, key); }
  json get(std::string_view key, const json& otherwise) const { return call(Method::get, key, otherwise); }
  void set(std::string_view key, const json& value) const { call(Method::setitem, key, value); }
  /// Throws KeyError.
  void erase(std::string_view key) const { call(Method::delitem, key); }
  bool contains(std::string_view key) const { return call(Method::contains, key).get<bool>(); }
  std::size_t size() const { return count(Method::len); }
  /// In no particular order, but in the same order as values() while nobody changes the dict.
  std::vector<std::string> keys() const { return call(Method::keys).get<std::vector<std::string>>(); }
  json values() const { return call(Method::values); }
  /// A list of [key, value].
  json items() const { return call(Method::items); }
  void update(const json& more) const { call(Method::update, more); }
  /// Takes it out. Throws KeyError.
  json pop(std::string_view key) const { return call(Method::pop, key); }
  json pop(std::string_view key, const json& otherwise) const { return call(Method::pop, key, otherwise); }
  /// What is there under `key`, after `value` was put there if nothing was.
  json setdefault(std::string_view key, const json& value = nullptr) const {
    return call(Method::setdefault, key, value);
  }
  void clear() const { call(Method::clear); }
  /// A json object with all of it.
  json copy() const { return call(Method::copy); }
};

class List : public Proxy {
 public:
  using Proxy::Proxy;
  explicit List(const Client& client, const json& content = json::array())
      : Proxy(client.create(Type::list, content)) {}

  /// Negative indices count from the end. Throws IndexError.
  json get(std::int64_t index) const { return call(Method::getitem, index); }
  void set(std::int64_t index, const json& value) const { call(Method::setitem, index, value); }
  void erase(std::int64_t index) const { call(Method::delitem, index); }
  /// Bounds as in Python: null = from the start, to the end; negative ones count from the end; cut to what is
  /// there.
  json slice(const json& start, const json& stop, const json& step = nullptr) const {
    return call(Method::getslice, start, stop, step);
  }
  /// Puts the values in the place of a slice, whatever their number.
  void set_slice(const json& start, const json& stop, const json& values) const {
    call(Method::setslice, start, stop, values);
  }
  void erase_slice(const json& start, const json& stop) const { call(Method::delslice, start, stop); }
  bool contains(const json& value) const { return call(Method::contains, value).get<bool>(); }
  std::size_t size() const { return Proxy::count(Method::len); }
  void append(const json& value) const { call(Method::append, value); }
  void extend(const json& values) const { call(Method::extend, values); }
  void insert(std::int64_t before, const json& value) const { call(Method::insert, before, value); }
  /// Throws IndexError.
  json pop(std::int64_t index = -1) const { return call(Method::pop, index); }
  /// The first that is equal. Throws ValueError when there is none.
  void remove(const json& value) const { call(Method::remove, value); }
  void reverse() const { call(Method::reverse); }
  std::size_t count(const json& value) const { return call(Method::count, value).get<std::size_t>(); }
  /// Of the first that is equal. Throws ValueError when there is none.
  std::size_t index(const json& value) const { return call(Method::index, value).get<std::size_t>(); }
  void clear() const { call(Method::clear); }
  json copy() const { return call(Method::copy); }
};

class Value : public Proxy {
 public:
  using Proxy::Proxy;
  explicit Value(const Client& client, const json& initial = nullptr)
      : Proxy(client.create(Type::value, initial)) {}

  json get() const { return call(Method::get); }
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
class Array : public Proxy {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  using Proxy::Proxy;
  /// All zero. Throws ValueError beyond kMaxBody bytes.
  Array(const Client& client, std::size_t count)
      : Proxy(client.create(Type::array, std::int64_t{sizeof(T)}, static_cast<std::int64_t>(count))) {}

  std::size_t size() const { return count(Method::len); }
  /// Negative indices count from the end. Throws IndexError.
  T get(std::int64_t index) const {
    T element;
    copy_out(reference_.ask(Method::getitem, index), &element, 1);
    return element;
  }
  void set(std::int64_t index, const T& element) const {
    call(Method::setitem, index, bytes_of_range({&element, 1}));
  }
  /// Elements [first, last). Throws IndexError beyond the ends.
  std::vector<T> slice(std::int64_t first, std::int64_t last) const {
    const Answer answer = reference_.ask(Method::getslice, first, last);
    static_cast<void>(answer.value());
    std::vector<T> elements(static_cast<std::size_t>(last - first));
    copy_out(answer, elements.data(), elements.size());
    return elements;
  }
  /// Throws IndexError beyond the ends, ValueError for another number of elements; nothing is changed then.
  void set_slice(std::int64_t first, std::int64_t last, std::span<const T> elements) const {
    call(Method::setslice, first, last, bytes_of_range(elements));
  }

 private:
  static Bytes bytes_of_range(std::span<const T> elements) {
    return {{reinterpret_cast<const char*>(elements.data()), elements.size_bytes()}};
  }
  static void copy_out(const Answer& answer, T* elements, std::size_t count) {
    const std::string_view bytes = bytes_of(answer.value(), "an array's elements");
    if (bytes.size() != count * sizeof(T)) throw TypeError("the array holds elements of another size");
    if (count > 0) std::memcpy(elements, bytes.data(), bytes.size());
  }
};

/// What the server takes as a time to wait: ns, negative for ever.
inline std::int64_t timeout_of(posix::Deadline deadline) {
  return deadline.is_never() ? -1 : deadline.left_ns();
}

class Queue : public Proxy {
 public:
  using Proxy::Proxy;
  /// Bounded by `maxsize` values; 0 = not bounded.
  explicit Queue(const Client& client, std::size_t maxsize = 0)
      : Proxy(client.create(Type::queue, static_cast<std::int64_t>(maxsize))) {}

  /// Waits in the server for room. Throws Full at the deadline, Closed when the queue is or gets closed.
  void put(const json& value, posix::Deadline deadline = posix::Deadline::never()) const {
    call(Method::put, value, timeout_of(deadline));
  }
  /// Waits in the server for a value. Throws Empty at the deadline, Closed when the queue is closed and
  /// nothing is left.
  json get(posix::Deadline deadline = posix::Deadline::never()) const {
    return call(Method::get, timeout_of(deadline));
  }
  std::size_t size() const { return count(Method::len); }
  void close() const { call(Method::close); }
};

/// Recursive; held by a thread, and given back when the thread or its process ends, however that happens.
class Lock : public Proxy {
 public:
  using Proxy::Proxy;
  explicit Lock(const Client& client) : Proxy(client.create(Type::lock)) {}

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
