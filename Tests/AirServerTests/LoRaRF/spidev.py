"""As much of `spidev` as LoRaRF uses, on an emulated chip."""

from emulator import chip


class SpiDev:
    def open(self, bus, device):
        pass

    def close(self):
        pass

    def xfer2(self, data):
        return chip.transfer(data)
