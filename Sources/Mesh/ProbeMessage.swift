import Base
import CRDT
import LoRa

/// The body of a probe, behind the root. Specified in `radio/wire.md` §8.
///
///        0         1
///     ┌─────────┬─────────┐
///     │ target  │ token   │
///     └─────────┴─────────┘
public struct ProbeMessage: Equatable, Sendable {
    /// Bytes of the body.
    public static let size = 2

    /// Who is to answer; for all others it is a beacon.
    public var target: Actor
    /// What the answer repeats.
    public var token: UInt8

    /// A probe.
    public init(target: Actor, token: UInt8) {
        self.target = target
        self.token = token
    }

    /// Total: any bytes give a probe or a named error.
    public init(reading bytes: Span<UInt8>) throws(FrameError) {
        guard bytes.count == Self.size else { throw .malformed }
        target = Actor(raw: bytes[0])
        token = bytes[1]
    }

    /// Appends the body.
    public func write(to out: inout OutputSpan<UInt8>) {
        out.append(target.raw)
        out.append(token)
    }
}

/// The body of an echo, behind the root. Specified in `radio/wire.md` §8.
///
///        0         1         2         3
///     ┌─────────┬─────────┬─────────┬─────────┐
///     │ target  │ token   │ RSSI    │ SNR     │
///     │         │         │ −dBm    │ dB / 4  │
///     └─────────┴─────────┴─────────┴─────────┘
public struct EchoMessage: Equatable, Sendable {
    /// Bytes of the body.
    public static let size = 4

    /// Who asked.
    public var target: Actor
    /// What its probe carried.
    public var token: UInt8
    /// How the probe was heard: strength in −255…0 dBm, signal-to-noise in −32…31.75 dB.
    public var signal: Signal

    /// An echo; what exceeds the ranges is brought into them.
    public init(target: Actor, token: UInt8, signal: Signal) {
        self.target = target
        self.token = token
        self.signal = Signal(
            rssiDBm: min(0, max(-255, signal.rssiDBm)),
            snrQuarterDB: min(127, max(-128, signal.snrQuarterDB)))
    }

    /// Total: any bytes give an echo or a named error.
    public init(reading bytes: Span<UInt8>) throws(FrameError) {
        guard bytes.count == Self.size else { throw .malformed }
        target = Actor(raw: bytes[0])
        token = bytes[1]
        signal = Signal(
            rssiDBm: -Int(bytes[2]), snrQuarterDB: Int(Int8(bitPattern: bytes[3])))
    }

    /// Appends the body.
    public func write(to out: inout OutputSpan<UInt8>) {
        out.append(target.raw)
        out.append(token)
        out.append(UInt8(-signal.rssiDBm))
        out.append(UInt8(bitPattern: Int8(signal.snrQuarterDB)))
    }
}
