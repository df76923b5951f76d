"""The dict of CPython's multiprocessing.Manager, as a peer of ours: the server, and clients that are told what to do.

    serve ADDRESS     the server: CPython's own, in this process, as its Manager would run it in a child
    call ADDRESS      a client: reads messages from standard input, does what they say, writes answers

A message is a list of fields, see src/posix/dialogue.hpp; the first is what to do. What is timed ("work") is a bare loop over
the proxy, by perf_counter_ns in this process: keys are drawn and values made before it, and what came back is checked after
it. Keys, values and what must hold of them are those of bench/workloads/dict_common.hpp.
"""
import multiprocessing
import random
import resource
import struct
import sys
import time
from multiprocessing.managers import DictProxy, SyncManager

AUTHKEY = b"whoever may enter the private folder"
MASK = 2**64 - 1
STEP = 0x9e3779b97f4a7c15
COUNT_BITS, WRITER_BITS, KEY_BITS = 29, 11, 10
BITS = COUNT_BITS + WRITER_BITS + KEY_BITS
NEXT = b"the dict in this dict"
ENOUGH = 16 << 20  # bytes of values that are made in advance


class Manager(SyncManager):
    """CPython's, with one dict that all clients get."""


SHARED = {}
Manager.register("shared", callable=lambda: SHARED, proxytype=DictProxy)


def manager_at(address):
    multiprocessing.current_process().authkey = AUTHKEY
    return Manager(address=address, authkey=AUTHKEY)


class Wrong(Exception):
    """A value or a key is not as it must be."""


def write_value(key, writer, count, size):
    mark = key << COUNT_BITS + WRITER_BITS | writer << COUNT_BITS | count
    x = (mark ^ mark >> 32) * 0xd6e8feb86659fd93 & MASK
    word = (x ^ x >> 29) * 0xbf58476d1ce4e5b9 & MASK
    first = mark | word >> BITS << BITS
    return struct.pack("<%dQ" % (size // 8), first, *((word + i * STEP) & MASK for i in range(size // 8 - 1)))


def read_value(value, size):
    """(key, writer, count); None when a byte is not as it should be."""
    if len(value) != size:
        return None
    mark = struct.unpack_from("<Q", value)[0] & (1 << BITS) - 1
    key = mark >> COUNT_BITS + WRITER_BITS
    writer = mark >> COUNT_BITS & (1 << WRITER_BITS) - 1
    count = mark & (1 << COUNT_BITS) - 1
    return (key, writer, count) if write_value(key, writer, count, size) == value else None


def used():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return [round((usage.ru_utime + usage.ru_stime) * 1e9), usage.ru_nvcsw, usage.ru_nivcsw, usage.ru_minflt, usage.ru_majflt]


class Client:
    def __init__(self, address):
        self.manager = manager_at(address)
        self.manager.connect()
        self.shared = self.manager.shared()
        self.own = []  # number of this process's last write to each key
        self.count = 0
        self.draw = None

    # What a dict does. Answers are lists of bytes.
    def set(self, key, value):
        self.shared[key] = value
        return []

    def get(self, key):
        value = self.shared.get(key)
        return [] if value is None else [value]

    def erase(self, key):
        try:
            del self.shared[key]
        except KeyError:
            return [b"no"]
        return [b"yes"]

    def update(self, *fields):
        self.shared.update(dict(zip(fields[::2], fields[1::2])))
        return []

    def items(self):
        return [field for pair in self.shared.copy().items() for field in pair]

    def size(self):
        return [b"%d" % len(self.shared)]

    def clear(self):
        self.shared.clear()
        return []

    def made(self):
        """How many objects the server has besides the dict that is shared, which has a proxy in every client."""
        return [b"%d" % (self.manager._number_of_objects() - 1)]

    def nest(self, depth):
        outer = self.shared
        for _ in range(int(depth)):
            inner = self.manager.dict()
            outer[NEXT] = inner
            outer = inner
        return []

    def down(self, depth):
        found = self.shared
        for _ in range(int(depth)):
            found = found[NEXT]
        return found

    def set_nested(self, depth, key, value):
        self.down(depth)[key] = value
        return []

    def get_nested(self, depth, key):
        value = self.down(depth).get(key)
        return [] if value is None else [value]

    # The workloads: each makes a plan of some operations, runs the bare loop, and checks.
    def work(self, workload, *numbers):
        member, procs, size, keys, batch, depth, proven, count = map(int, numbers)
        self.member, self.procs, self.bytes, self.batch, self.depth = member, procs, size, batch, depth
        if self.draw is None:
            self.draw = random.Random(member)
            self.names = [b"key %d" % key for key in range(keys)]
            self.own = [0] * keys
        run = getattr(self, "run_" + workload.decode())
        try:
            for _ in range(proven):
                run(1, True)
            ns, spent = 0, [0] * 5
            while count > proven:
                now = min(count - proven, max(1, ENOUGH // (max(size, 64) * max(batch, 1))))
                took, more = run(now, False)
                ns += took
                spent = [a + b for a, b in zip(spent, more)]
                count -= now
        except Wrong as wrong:
            return [str(wrong).encode(), b"", b"", b""]
        return [b"", b"%d" % ns, b" ".join(b"%d" % x for x in spent), struct.pack("<%dQ" % len(self.own), *self.own)]

    def timed(self, loop, *plan):
        before = used()
        start = time.perf_counter_ns()
        result = loop(*plan)
        took = time.perf_counter_ns() - start
        return result, (took, [b - a for a, b in zip(before, used())])

    def new_value(self, key):
        self.own[key] = self.count
        return write_value(key, self.member + 1, self.count, self.bytes)

    def any_key(self):
        return self.draw.randrange(len(self.names))

    def check(self, key, own, value):
        """`own`: this process's last write to the key when it asked."""
        name = self.names[key].decode()
        mark = read_value(value, self.bytes)
        if mark is None:
            raise Wrong("got a torn value of '%s'" % name)
        found, writer, count = mark
        if found != key:
            raise Wrong("got another key's value for '%s'" % name)
        mine = writer == self.member + 1
        gone = own > 0 and (self.procs == 1 or writer == 0)
        if writer > self.procs or (mine and count != own) or (not mine and gone) or (writer == 0 and count != 0):
            raise Wrong("got a value of '%s' that is not the last of its writer" % name)

    def run_get(self, operations, _):
        plan = [self.any_key() for _ in range(operations)]
        names = [self.names[key] for key in plan]
        shared = self.shared

        def loop():
            return [shared[name] for name in names]

        values, took = self.timed(loop)
        for key, value in zip(plan, values):
            self.check(key, self.own[key], value)
        return took

    def run_nested(self, operations, _):
        """The number of writes in a value says how far down it lies."""
        plan = [self.any_key() for _ in range(operations)]
        names = [self.names[key] for key in plan]
        shared, steps = self.shared, range(self.depth)

        def loop():
            values = []
            for name in names:
                found = shared
                for _ in steps:
                    found = found[NEXT]
                values.append(found[name])
            return values

        values, took = self.timed(loop)
        for key, value in zip(plan, values):
            if read_value(value, self.bytes) != (key, 0, self.depth):
                raise Wrong("got a wrong value of '%s' from %d dicts down" % (self.names[key].decode(), self.depth))
        return took

    def run_set(self, operations, proven):
        plan = []
        for _ in range(operations):
            key = self.any_key()
            self.count += 1
            plan.append((self.names[key], self.new_value(key)))
        shared = self.shared

        def loop():
            for name, value in plan:
                shared[name] = value

        took = self.timed(loop)[1]
        if proven:
            self.check(key, self.own[key], shared[self.names[key]])
        return took

    def run_mixed(self, operations, proven):
        if proven:
            return self.run_set(operations, True)
        plan, asked = [], []
        for _ in range(operations):
            key = self.any_key()
            if self.draw.randrange(10) == 0:
                self.count += 1
                plan.append((self.names[key], self.new_value(key)))
            else:
                plan.append((self.names[key], None))
                asked.append((key, self.own[key]))
        shared = self.shared

        def loop():
            values = []
            for name, value in plan:
                if value is None:
                    values.append(shared[name])
                else:
                    shared[name] = value
            return values

        values, took = self.timed(loop)
        for (key, own), value in zip(asked, values):
            self.check(key, own, value)
        return took

    def run_update(self, operations, proven):
        plan = []
        for _ in range(operations):
            first = self.any_key()
            self.count += 1
            keys = [(first + i) % len(self.names) for i in range(self.batch)]
            plan.append({self.names[key]: self.new_value(key) for key in keys})
        shared = self.shared

        def loop():
            for batch in plan:
                shared.update(batch)

        took = self.timed(loop)[1]
        if proven:
            for key in keys:
                self.check(key, self.own[key], shared[self.names[key]])
        return took

    def run_create_drop(self, operations, proven):
        make = self.manager.dict
        if proven:
            one, other = make(), make()
            one["key"] = b"value"
            if one.copy() != {"key": b"value"} or other.copy() != {}:
                raise Wrong("a dict that was made is not a new one")
            return None

        def loop():
            for _ in range(operations):
                one = make()
                del one

        return self.timed(loop)[1]


def message_from(stream):
    def number():
        return struct.unpack("<I", whole(stream.read(4), 4))[0]

    return [whole(stream.read(length), length) for length in (number() for _ in range(number()))]


def whole(data, length):
    if len(data) < length:
        sys.exit(0)  # who told us what to do is gone
    return data


def main():
    what, address = sys.argv[1:]
    if what == "serve":
        manager_at(address).get_server().serve_forever()
    client = Client(address)
    while True:
        name, *fields = message_from(sys.stdin.buffer)
        try:
            answer = [b"", *getattr(client, name.decode())(*fields)]
        except Exception as error:  # goes to whoever asked
            answer = [("%s: %s" % (type(error).__name__, error)).encode()]
        sys.stdout.buffer.write(b"".join([struct.pack("<I", len(answer))] + [struct.pack("<I", len(f)) + f for f in answer]))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
