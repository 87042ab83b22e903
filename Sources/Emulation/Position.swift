/// A place in metres.
public struct Position: Equatable, Sendable {
    /// East, in metres.
    public var x: Double
    /// North, in metres.
    public var y: Double

    /// A place.
    public init(x: Double, y: Double) {
        self.x = x
        self.y = y
    }
}
