// value: one value. add and swap are the compound steps that the server takes for a client in one trip.
#include "share/manager/objects.hpp"

namespace shmoo::manager {
namespace {

class Value final : public ObjectOf<Value> {
 public:
  static constexpr std::string_view name = "value";
  static const std::array<Exposed<Value>, 4> exposed;

  explicit Value(Encoded initial) : value_(initial) { keep(initial); }

 private:
  void get(const Call& call) { call.give(Raw{value_}); }
  void set(const Call& call) {
    replace(call, call.arguments[0]);
    call.give(nullptr);
  }
  /// Integers wrap modulo 2^64, as a client's own arithmetic on bits would; an integer and a real make a
  /// real.
  void add(const Call& call) {
    const Encoded more = call.arguments[0];
    if (!is_number(value_) || !is_number(more)) throw TypeError("add needs a number on both sides");
    if (is_integer(value_) && is_integer(more))
      store(static_cast<std::int64_t>(number_of<std::uint64_t>(value_) + number_of<std::uint64_t>(more)));
    else
      store(real_of(value_) + real_of(more));
    call.give(Raw{value_});
  }
  /// (expected, desired) -> [true], or [false, what it is] and nothing is changed. Compares the bytes of the
  /// encoding.
  void swap(const Call& call) {
    const bool same = value_ == call.arguments[0];
    put_list(call.reply.value(), same ? 1 : 2);
    call.give(same);
    if (same)
      replace(call, call.arguments[1]);
    else
      call.give(Raw{value_});
  }

  void replace(const Call& call, Encoded value) {
    keep(call, value);
    part_with(value_);
    value_.assign(value);
  }
  static bool is_number(Encoded value) { return is_integer(value) || tag_of(value) == Tag::real; }
  static double real_of(Encoded value) {
    return is_integer(value) ? static_cast<double>(number_of<std::int64_t>(value)) : number_of<double>(value);
  }
  template <class Number>
  void store(Number number) {
    scratch_.clear();
    put(scratch_, number);
    value_.assign(scratch_.view());
  }

  std::string value_;
  Buffer scratch_;
};

const std::array<Exposed<Value>, 4> Value::exposed{{
    {Method::get, 0, 0, &Value::get},
    {Method::set, 1, 1, &Value::set},
    {Method::add, 1, 1, &Value::add},
    {Method::swap, 2, 2, &Value::swap},
}};

}  // namespace

std::unique_ptr<Object> make_value(Arguments arguments) {
  check_creation(arguments, Value::name, 1, 1);
  return std::make_unique<Value>(arguments[0]);
}

}  // namespace shmoo::manager
