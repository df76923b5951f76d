// The types of objects that the server can make. One file each under objects/: what a method does stands
// there.
#pragma once
#include <memory>
#include <span>

#include "share/manager/object.hpp"

namespace shmoo::manager {

/// Makes an object from the arguments of `create`, the type's number first. Throws an Error when they do not
/// fit.
std::unique_ptr<Object> make_object(std::span<const Encoded> arguments);

using Arguments = std::span<const Encoded>;
std::unique_ptr<Object> make_dict(Arguments);       ///< ([dict of what is in it])
std::unique_ptr<Object> make_list(Arguments);       ///< ([list of what is in it])
std::unique_ptr<Object> make_value(Arguments);      ///< (value)
std::unique_ptr<Object> make_array(Arguments);      ///< (bytes of an element, number of elements)
std::unique_ptr<Object> make_queue(Arguments);      ///< ([bound on items; 0 = none])
std::unique_ptr<Object> make_lock(Arguments);       ///< ()
std::unique_ptr<Object> make_namespace(Arguments);  ///< ([dict of its attributes])

/// Throws ArityError unless `least` to `most` arguments stand behind the type.
void check_creation(Arguments arguments, std::string_view type, std::size_t least, std::size_t most);

/// A key or value as it may stand in an error text.
std::string shown(std::string_view text);

}  // namespace shmoo::manager
