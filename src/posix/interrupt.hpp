// Being asked to stop (SIGINT, SIGTERM, SIGHUP) as something a poll loop can wait for, instead of dying on
// the spot.
#pragma once

namespace shmoo::posix {

/// Takes the three signals over for the whole process; one call, from main. posix::Child gives its children
/// the default again.
void catch_interrupts();

/// The signal that asked us to stop, or 0.
int interrupted();

/// A descriptor that is readable once interrupted() is not 0; -1 before catch_interrupts().
int interrupt_fd();

}  // namespace shmoo::posix
