#include "share/manager/error.hpp"

namespace shmoo::manager {

void raise(ErrorKind kind, std::string_view what) {
  const std::string text(what);
  switch (kind) {
    case ErrorKind::key:
      throw KeyError(text);
    case ErrorKind::index:
      throw IndexError(text);
    case ErrorKind::type:
      throw TypeError(text);
    case ErrorKind::value:
      throw ValueError(text);
    case ErrorKind::method:
      throw MethodError(text);
    case ErrorKind::arity:
      throw ArityError(text);
    case ErrorKind::reference:
      throw ReferenceError(text);
    case ErrorKind::empty:
      throw Empty(text);
    case ErrorKind::full:
      throw Full(text);
    case ErrorKind::closed:
      throw Closed(text);
    case ErrorKind::timeout:
      throw Timeout(text);
    case ErrorKind::memory:
      throw MemoryError(text);
    case ErrorKind::permission:
      throw PermissionError(text);
    case ErrorKind::protocol:
      throw ProtocolError(text);
    case ErrorKind::attribute:
      throw AttributeError(text);
    case ErrorKind::none:
      break;
  }
  throw Error(kind, text);  // a newer server may know more kinds
}

}  // namespace shmoo::manager
