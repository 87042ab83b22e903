/// SPI commands of the SX1261/2 (DS.SX1261-2.W.APP, Rev. 2.2, chapter 13).
enum Opcode: UInt8 {
    /// §13.1.1: `config`, bit 2 for a warm start. From standby only.
    case setSleep = 0x84
    /// §13.1.2: `0` on the RC oscillator, `1` on the crystal.
    case setStandby = 0x80
    /// §13.1.4: `timeout[3]` in steps of 15.625 µs; 0 means no timeout.
    case setTx = 0x83
    /// §13.1.5: `timeout[3]` in steps of 15.625 µs; 0 for one frame, 0xFFFFFF for all.
    case setRx = 0x82
    /// §13.1.7: `receive[3]`, `sleep[3]` in steps of 15.625 µs.
    case setRxDutyCycle = 0x94
    /// §13.1.8: ends in `cadDone`, with `cadDetected` if there was a signal.
    case setCad = 0xC5
    /// §13.1.11: `0` LDO, `1` DC-DC. In standby on the RC oscillator only.
    case setRegulatorMode = 0x96
    /// §13.1.12: a mask of blocks. In standby on the RC oscillator only.
    case calibrate = 0x89
    /// §13.1.13: `from`, `to` in steps of 4 MHz.
    case calibrateImage = 0x98
    /// §13.1.14: `dutyCycle`, `hpMax`, `device`, `1`.
    case setPaConfig = 0x95
    /// §13.1.15: the mode after a frame.
    case setRxTxFallbackMode = 0x93
    /// §13.2.1: `address[2]`, data.
    case writeRegister = 0x0D
    /// §13.2.2: `address[2]`, NOP, data.
    case readRegister = 0x1D
    /// §13.2.3: `offset`, data.
    case writeBuffer = 0x0E
    /// §13.2.4: `offset`, NOP, data.
    case readBuffer = 0x1E
    /// §13.3.1: `mask[2]`, `dio1[2]`, `dio2[2]`, `dio3[2]`.
    case setDioIrqParams = 0x08
    /// §13.3.3: NOP, `flags[2]`.
    case getIrqStatus = 0x12
    /// §13.3.4: `flags[2]`.
    case clearIrqStatus = 0x02
    /// §13.3.5: `1`, DIO2 is high while transmitting.
    case setDio2AsRfSwitch = 0x9D
    /// §13.3.6: `voltage`, `timeout[3]` in steps of 15.625 µs.
    case setDio3AsTcxo = 0x97
    /// §13.4.1: `frequency[4]` in steps of 32 MHz / 2²⁵.
    case setRfFrequency = 0x86
    /// §13.4.2: `1` LoRa.
    case setPacketType = 0x8A
    /// §13.4.4: `power` in dBm, `rampTime`.
    case setTxParams = 0x8E
    /// §13.4.5: `spreadingFactor`, `bandwidth`, `codingRate`, `lowDataRateOptimize`.
    case setModulationParams = 0x8B
    /// §13.4.6: `preamble[2]`, `implicitHeader`, `size`, `crc`, `invertIQ`.
    case setPacketParams = 0x8C
    /// §13.4.7: `symbols`, `peak`, `minimum`, `exit`, `timeout[3]`.
    case setCadParams = 0x88
    /// §13.4.8: `transmit`, `receive`.
    case setBufferBaseAddress = 0x8F
    /// §13.5.1: NOP, the status.
    case getStatus = 0xC0
    /// §13.5.2: NOP, `size`, `offset`.
    case getRxBufferStatus = 0x13
    /// §13.5.3: NOP, `rssi`, `snr`, `signalRssi`.
    case getPacketStatus = 0x14
    /// §13.5.4: NOP, `rssi`.
    case getRssiInst = 0x15
    /// §13.5.5: NOP, `received[2]`, `checksumErrors[2]`, `headerErrors[2]`.
    case getStats = 0x10
    /// §13.6.1: NOP, `errors[2]`.
    case getDeviceErrors = 0x17
    /// §13.6.2: two NOPs.
    case clearDeviceErrors = 0x07
}
