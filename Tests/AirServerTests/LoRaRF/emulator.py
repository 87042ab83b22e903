"""A chip behind the emulator's socket (radio/emulator.md), as Python modules of a Raspberry Pi see it.

Pins are numbers of wires: 0 is NRESET; 1 BUSY; 2 to 7 are the interrupt wires in the order of the
levels' bits; 8 is TXEN and 9 RXEN.
"""

import os
import queue
import socket
import struct
import threading

HELLO, TRANSFER, DRIVE = 1, 2, 5
LEVELS = 0x84
VERSION = 2


class Chip:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)
        self.turn = threading.RLock()
        self.answers = queue.Queue()
        self.rises = queue.Queue()
        self.watchers = {}
        self.levels = 0
        threading.Thread(target=self.listen, daemon=True).start()
        threading.Thread(target=self.call, daemon=True).start()
        self.ask(HELLO, bytes([VERSION]))

    def ask(self, kind, fields):
        with self.turn:
            self.socket.sendall(struct.pack("<HB", 1 + len(fields), kind) + fields)
            return self.answers.get(timeout=120)

    def transfer(self, data):
        return list(self.ask(TRANSFER, bytes(data)))

    def drive(self, pin, level):
        self.ask(DRIVE, bytes([{0: 0, 8: 1, 9: 2}[pin], 1 if level else 0]))

    def level(self, pin):
        return self.levels >> (pin - 1) & 1

    def listen(self):
        while True:
            size, kind = struct.unpack("<HB", self.receive(3))
            fields = self.receive(size - 1)
            offset = 1 if kind == 0x81 else 0  # A hello tells its version before the levels.
            before, self.levels = self.levels, fields[offset]
            for pin in range(1, 8):
                if self.levels & ~before & 1 << (pin - 1):
                    self.rises.put(pin)
            if kind != LEVELS:
                self.answers.put(fields[offset + 1:])

    def receive(self, size):
        data = b""
        while len(data) < size:
            part = self.socket.recv(size - len(data))
            if not part:
                os._exit(3)
            data += part
        return data

    def call(self):
        while True:
            pin = self.rises.get()
            callback = self.watchers.get(pin)
            if callback:
                callback(pin)


chip = Chip(os.environ["LICHEN_SOCKET"])
