#include "share/manager/objects.hpp"

namespace shmoo::manager {

std::unique_ptr<Object> make_object(Arguments arguments) {
  if (arguments.empty()) throw ArityError("create needs the type of the object");
  const std::int64_t number = integer_of(arguments[0], "the type of an object");
  const Arguments rest = arguments.subspan(1);
  if (number < 0 || number > 0xFF)
    throw ValueError("there is no type of object with number " + std::to_string(number));
  switch (static_cast<Type>(number)) {
    case Type::dict:
      return make_dict(rest);
    case Type::list:
      return make_list(rest);
    case Type::value:
      return make_value(rest);
    case Type::array:
      return make_array(rest);
    case Type::queue:
      return make_queue(rest);
    case Type::lock:
      return make_lock(rest);
    case Type::space:
      return make_namespace(rest);
  }
  throw ValueError("there is no type of object with number " + std::to_string(number));
}

void check_creation(Arguments arguments, std::string_view type, std::size_t least, std::size_t most) {
  if (arguments.size() < least || arguments.size() > most)
    throw ArityError("a " + std::string(type) + " is made from " + std::to_string(least) + " to " +
                     std::to_string(most) + " arguments, not " + std::to_string(arguments.size()));
}

std::string shown(std::string_view text) {
  constexpr std::size_t most = 100;
  return "'" + std::string(text.substr(0, most)) + (text.size() > most ? "...'" : "'");
}

}  // namespace shmoo::manager
