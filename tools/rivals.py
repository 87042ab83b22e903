"""What other CRDTs need for the work of the rows `crdt.*`: one line `row rival value` each.

    python3 tools/rivals.py FOLDER

FOLDER holds the packages that tools/rivals.sh fetches; one that is missing is left out. Sizes are of the
smallest update that a peer needs which has everything before it. Settings favour the rival: short client
names, updates merged. Keys are the row's keys as text, since none of them has a dictionary.
"""

import sys
import time

sys.path.insert(0, sys.argv[1])

KEYS = [f"key {number:03}" for number in range(1000)]


def yjs():
    import pycrdt

    def document(keys):
        filled = pycrdt.Doc(client_id=1)
        map = filled.get("m", type=pycrdt.Map)
        with filled.transaction():
            for key in keys:
                map[key] = 0
        return filled, map

    def measure(keys, write):
        filled, map = document(keys)
        before = filled.get_state()
        with filled.transaction():
            write(map)
        return len(filled.get_update(before))

    def set_keys(keys):
        def write(map):
            for key in keys:
                map[key] = 21

        return write

    def count(map):
        for step in range(1, 101):
            map["visits"] = step

    yield "register", measure([], set_keys(["temperature"]))
    yield "counter100", measure([], count)
    yield "map1", measure(KEYS, set_keys(KEYS[500:501]))
    yield "map64", measure(KEYS, set_keys(KEYS[:64])) / 64
    yield "merge", yjs_rate(pycrdt)


def yjs_rate(pycrdt, count=20_000, authors=8):
    """Updates of eight authors who hear each other at once, applied by one more, per second."""
    documents = [pycrdt.Doc(client_id=number + 1) for number in range(authors)]
    maps = [document.get("m", type=pycrdt.Map) for document in documents]
    updates = []
    for step in range(count):
        author = step * 5 % authors
        before = documents[author].get_state()
        maps[author][KEYS[step * 7 % 1000]] = step % 100
        update = documents[author].get_update(before)
        updates.append(update)
        for number in range(authors):
            if number != author:
                documents[number].apply_update(update)
    reader = pycrdt.Doc(client_id=99)
    reader.get("m", type=pycrdt.Map)
    start = time.process_time()
    for update in updates:
        reader.apply_update(update)
    return count / (time.process_time() - start)


def automerge():
    from automerge.core import ROOT, Document, ScalarType

    def measure(keys, write):
        document = Document(b"\x01")
        with document.transaction() as transaction:
            for key in keys:
                transaction.put(ROOT, key, ScalarType.Int, 0)
        heads = document.get_heads()
        write(document)
        return sum(len(change.bytes) for change in document.get_changes(heads))

    def set_keys(keys):
        def write(document):
            with document.transaction() as transaction:
                for key in keys:
                    transaction.put(ROOT, key, ScalarType.Int, 21)

        return write

    yield "register", measure([], set_keys(["temperature"]))
    yield "map1", measure(KEYS, set_keys(KEYS[500:501]))
    yield "map64", measure(KEYS, set_keys(KEYS[:64])) / 64


def loro():
    import loro

    def measure(keys, write):
        document = loro.LoroDoc()
        document.peer_id = 1
        map = document.get_map("m")
        for key in keys:
            map.insert(key, 0)
        document.commit()
        before = document.oplog_vv
        write(document, map)
        document.commit()
        return len(document.export(loro.ExportMode.Updates(before)))

    def set_keys(keys):
        def write(document, map):
            for key in keys:
                map.insert(key, 21)

        return write

    def count(document, map):
        document.get_counter("visits").increment(100.0)

    yield "register", measure([], set_keys(["temperature"]))
    yield "counter100", measure([], count)
    yield "map1", measure(KEYS, set_keys(KEYS[500:501]))
    yield "map64", measure(KEYS, set_keys(KEYS[:64])) / 64


for rival in (yjs, automerge, loro):
    try:
        for row, value in rival():
            print(row, rival.__name__, round(value, 1))
    except Exception as error:
        print(f"{rival.__name__}: {error!r}", file=sys.stderr)
