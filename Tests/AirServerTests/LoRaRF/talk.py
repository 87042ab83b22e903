"""Hears one frame, and sends some until a file appears: talk.py 126x|127x poll|interrupt FILE"""

import os
import sys
import threading
import time

from LoRaRF import SX126x, SX127x

family, way, end = sys.argv[1:]
irq = 2 if way == "interrupt" else -1


def say(*words):
    print(*words, flush=True)


if family == "126x":
    radio = SX126x()
    begun = radio.begin(bus=0, cs=0, reset=0, busy=1, irq=irq)
    radio.setDio2RfSwitch()
    radio.setTxPower(14, radio.TX_POWER_SX1262)
else:
    radio = SX127x()
    begun = radio.begin(bus=0, cs=0, reset=0, irq=irq)
    radio.setTxPower(14, radio.TX_POWER_PA_BOOST)
say("begun" if begun else "no radio")

radio.setFrequency(869525000)
radio.setLoRaModulation(7, 125000, 5)
radio.setLoRaPacket(radio.HEADER_EXPLICIT, 8, 255, True)
radio.setSyncWord(0x1424 if family == "126x" else 0x12)

# Its handler tells that there is a frame before it knows the size: only the callback comes after.
has_received = threading.Event()
radio.onReceive(has_received.set)
radio.request()
say("listening")
if way == "interrupt":
    has_received.wait(300)
else:
    radio.wait(300)
is_done = radio.status() == radio.STATUS_RX_DONE
say("heard", bytes(radio.get(radio.available())).hex(), is_done, radio.packetRssi(), radio.snr())

for number in range(1000):
    time.sleep(0.2)
    if os.path.exists(end):
        break
    radio.beginPacket()
    radio.put(b"from Python %d" % number)
    radio.endPacket()
    radio.wait(60)
    say("sent", radio.status() == radio.STATUS_TX_DONE)
radio.end()
