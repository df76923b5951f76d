// Has the thread that left this mark died? For taking over what a dead process held; a slow or stopped one is
// alive.
#pragma once
#include <cstdint>

namespace shmoo::posix {

/// Names a thread of this machine for good: its id (30 bits) and when it started (34 bits of clock ticks), so
/// that another thread which gets the same id later is not taken for it. Never 0. A bare thread id is a mark
/// as well: one whose start is not known, and that is not told from a later thread of the same id.
using Mark = std::uint64_t;

/// The mark of the calling thread. Reads /proc: keep it rather than asking again; a forked child has another.
Mark own_mark();

/// True when that thread is gone for certain: exited, killed, or a zombie that nobody reaped yet. Whatever it
/// wrote is visible then, and it will write nothing more. False while it runs, sleeps or is stopped, and
/// where it cannot be told. A few microseconds. Both must see the same process ids (one pid namespace).
bool has_died(Mark mark);

}  // namespace shmoo::posix
