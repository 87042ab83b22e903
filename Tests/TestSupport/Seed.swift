import Base
import Foundation

/// What a test's dice are seeded with. A failing test hands its seed over: `make test SEED=…`.
public struct Seed: Hashable, Sendable {
    /// The number that `SEED=` takes.
    public let number: UInt64

    /// The first `count` seeds, the same in every run; `make soak` takes many times as many.
    ///
    /// With `SEED=` in the environment, that one only.
    public static func slice(_ count: Int) -> [Seed] {
        if let seed = setting("SEED") { return [Seed(number: seed)] }
        return (1...UInt64(count) * (setting("SOAK") ?? 1)).map { Seed(number: $0) }
    }

    private static func setting(_ name: String) -> UInt64? {
        guard let text = ProcessInfo.processInfo.environment[name], !text.isEmpty else {
            return nil
        }
        guard let number = UInt64(text) else { fatalError("\(name)=\(text) is not a number") }
        return number
    }
}

extension Seed: CustomStringConvertible {
    public var description: String { "\(number)" }
}

extension Dice {
    /// Dice for one test.
    public init(_ seed: Seed) { self.init(seed: seed.number) }
}
