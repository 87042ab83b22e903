import Base
import LoRa

/// Something that is no LoRa chip and makes noise: a meter, a motor, somebody's telemetry.
public struct Interferer: Sendable {
    /// Where it stands.
    public var position: Position
    /// Its band in hertz; its power is spread evenly over it.
    public var frequencies: ClosedRange<Int>
    /// Radiated power in dBm.
    public var power: Double
    /// How long it is on, and then off, again and again from the air's start; never off for zero.
    public var on: Duration
    /// How long it is off after that.
    public var off: Duration

    /// An interferer that is always on, unless said.
    public init(
        at position: Position, frequencies: ClosedRange<Int>, power: Double,
        on: Duration = .seconds(1), off: Duration = .zero
    ) {
        precondition(on > .zero && off >= .zero, "an interferer that is never on")
        self.position = position
        self.frequencies = frequencies
        self.power = power
        self.on = on
        self.off = off
    }

    /// Whether it is on for any part of the time between two moments.
    func isOn(from start: Instant, to end: Instant) -> Bool {
        let period = (on + off).wholeMicroseconds
        let phase = start.microseconds % period
        return phase < on.wholeMicroseconds || phase + (end - start).wholeMicroseconds >= period
    }

    /// How much of its power falls into a channel, in dBm; `nil` for none.
    func power(at frequency: Int, _ bandwidth: Bandwidth) -> Double? {
        let low = max(frequencies.lowerBound, frequency - bandwidth.hertz / 2)
        let high = min(frequencies.upperBound, frequency + bandwidth.hertz / 2)
        guard low <= high else { return nil }
        let width = frequencies.upperBound - frequencies.lowerBound
        return width == 0 ? power : power + Decibel.of(Double(max(high - low, 1)) / Double(width))
    }
}

/// Loss in bursts at one receiver: good and bad times by turns, each exponentially long
/// (Gilbert, "Capacity of a Burst-Noise Channel", 1960; Elliott, 1963).
public struct BurstLoss: Equatable, Sendable {
    /// Mean length of good times.
    public var good: Duration
    /// Mean length of bad times.
    public var bad: Duration
    /// The share of frames that are destroyed in bad times, 0…1.
    public var loss: Double

    /// Times by turns; in bad ones all is lost unless said.
    public init(good: Duration, bad: Duration, loss: Double = 1) {
        precondition(good > .zero && bad > .zero && (0...1).contains(loss), "no such bursts")
        self.good = good
        self.bad = bad
        self.loss = loss
    }
}

/// Where a receiver is between good and bad times.
struct BurstState {
    let setting: BurstLoss
    private var isBad = false
    private var changesAt: Instant
    private var dice: Dice

    init(_ setting: BurstLoss, from now: Instant, dice: Dice) {
        self.setting = setting
        self.dice = dice
        changesAt = now
        changesAt = now + length(setting.good)
    }

    /// Whether a frame that ends now is destroyed.
    mutating func destroys(at now: Instant) -> Bool {
        while changesAt <= now {
            isBad.toggle()
            changesAt = changesAt + length(isBad ? setting.bad : setting.good)
        }
        return isBad && dice.unit() < setting.loss
    }

    private mutating func length(_ mean: Duration) -> Duration {
        .microseconds(Int64(Double(mean.wholeMicroseconds) * dice.exponential()) + 1)
    }
}
