"""As much of `RPi.GPIO` as LoRaRF uses, on an emulated chip's wires."""

from emulator import chip

BCM = 11
OUT, IN = 0, 1
LOW, HIGH = 0, 1
RISING = 31

_outputs = {}


def setmode(mode):
    pass


def setwarnings(flag):
    pass


def setup(pin, direction):
    pass


def cleanup():
    pass


def output(pin, level):
    _outputs[pin] = level
    chip.drive(pin, level)


def input(pin):
    return _outputs.get(pin, LOW) if pin in (0, 8, 9) else chip.level(pin)


def add_event_detect(pin, edge, callback, bouncetime=0):
    chip.watchers[pin] = callback


def remove_event_detect(pin):
    chip.watchers.pop(pin, None)
