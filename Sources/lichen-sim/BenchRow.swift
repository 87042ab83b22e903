import Foundation

/// One figure: what it is, what it should be, and how it was found.
struct BenchRow: Encodable {
    enum Direction: String, Encodable { case lower, higher }

    let id: String
    let title: String
    /// `nil` where it could not be measured here; `how` says why.
    let value: Double?
    let unit: String
    let better: Direction
    let goal: Double
    var rival: String?
    var rivalValue: Double?
    /// What no implementation could pass, where that is known.
    var bound: Double?
    let how: String

    /// Whether the goal is reached; `nil` where there is no value.
    var holds: Bool? {
        guard let value else { return nil }
        return better == .lower ? value <= goal : value >= goal
    }

    private enum Key: CodingKey {
        case id, title, value, unit, better, goal, holds, rival, rivalValue, bound, how
    }

    /// All keys always, absent values as null.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(id, forKey: .id)
        try container.encode(title, forKey: .title)
        try container.encode(value, forKey: .value)
        try container.encode(unit, forKey: .unit)
        try container.encode(better, forKey: .better)
        try container.encode(goal, forKey: .goal)
        try container.encode(holds, forKey: .holds)
        try container.encode(rival, forKey: .rival)
        try container.encode(rivalValue, forKey: .rivalValue)
        try container.encode(bound, forKey: .bound)
        try container.encode(how, forKey: .how)
    }
}
