import Base

/// One write: its name, and what its author wrote, byte for byte as it was written.
///
/// The body never changes on its way, whoever passes it on: repairs are computed over bodies, and
/// nodes compare them. Its layout is told at `OperationError`'s neighbour, `Operation.init(reading:)`.
public struct Operation: Sendable {
    /// The most bytes of a body: the longest key and value, and 27 bytes of context.
    public static let bodyCapacity = 160

    /// Its name.
    public let dot: Dot
    /// What was written.
    public let body: ShortBytes<160>
    /// Where in the body the parts are.
    let layout: Layout

    /// Offsets into a body; each part ends where the next begins.
    struct Layout: Equatable, Sendable {
        var stamp: UInt8 = 0
        var context: UInt8 = 0
        var value: UInt8 = 0
    }

    /// An operation of these parts; `nil` where they are more than a body holds.
    ///
    /// - Parameter context: What its author had seen of the cell and replaces.
    public init?(
        _ dot: Dot, _ kind: OperationKind, _ key: KeyReference, _ stamp: Stamp,
        context: Context = Context(), value: Value = Value()
    ) {
        let size =
            1 + key.size + 3 + context.size + (value.count > 2 ? 1 : 0) + value.count
        guard size <= Self.bodyCapacity else { return nil }
        var layout = Layout()
        var body = ShortBytes<160>()
        body.fill { out in
            out.append(Head(kind, key, context, valueSize: value.count).raw)
            key.write(to: &out)
            layout.stamp = UInt8(out.count)
            out.append(littleEndian: UInt64(stamp.raw), size: 3)
            layout.context = UInt8(out.count)
            context.write(to: &out)
            if value.count > 2 { out.append(UInt8(value.count)) }
            layout.value = UInt8(out.count)
            out.append(contentsOf: value.span)
        }
        self.dot = dot
        self.body = body
        self.layout = layout
    }

    /// What it does.
    public var kind: OperationKind { Head(raw: body[0]).kind ?? .write }

    /// When it was written.
    public var stamp: Stamp { OperationView(dot, body.span, layout).stamp }

    /// How its key is told.
    public var key: KeyReference { OperationView(dot, body.span, layout).key }

    /// What its author had seen of the cell.
    public var context: Context { OperationView(dot, body.span, layout).context }

    /// What it writes.
    public var value: Value { OperationView(dot, body.span, layout).value }

    /// Whether it supersedes the operation of this name, if that writes the same cell: its author
    /// had seen it, or wrote it before.
    public func covers(_ other: Dot) -> Bool { OperationView(dot, body.span, layout).covers(other) }

    /// Whether it stands only for what is gone: it need not be kept once all have seen it.
    public var isRemoval: Bool { OperationView(dot, body.span, layout).isRemoval }

    /// The operation where it lies.
    public var view: OperationView {
        @_lifetime(borrow self) @_addressableSelf borrowing get {
            OperationView(dot, body.span, layout)
        }
    }

    /// A copy of what lies elsewhere.
    init(_ view: borrowing OperationView) {
        guard let body = ShortBytes<160>(view.body) else {
            preconditionFailure("a body was checked when it was read")
        }
        self.init(view.dot, body: body, layout: view.layout)
    }

    /// Reads its parts; for the coding.
    init(_ dot: Dot, body: ShortBytes<160>, layout: Layout) {
        self.dot = dot
        self.body = body
        self.layout = layout
    }
}

extension Operation: Equatable {
    public static func == (a: Self, b: Self) -> Bool { a.dot == b.dot && a.body == b.body }
}
