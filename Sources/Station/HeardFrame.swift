import Base
import LoRa
import Mesh

/// What was heard, for those who listen: enough of it to tell what it is.
public struct HeardFrame: Equatable, Sendable {
    /// The most bytes of a frame that are kept: a header and a test frame's text.
    public static var prefixSize: Int { 105 }

    /// How many bytes the frame had; 0 where it was damaged.
    public let size: Int
    /// Its first bytes.
    public let prefix: ShortBytes<105>
    /// How it was heard; `nil` where it was damaged.
    public let signal: Signal?

    /// Energy that nobody could decode.
    public static var damaged: HeardFrame { HeardFrame() }

    private init() {
        size = 0
        prefix = ShortBytes()
        signal = nil
    }

    /// A frame that was received.
    public init(_ frame: ShortBytes<255>, _ signal: Signal) {
        size = frame.count
        self.signal = signal
        var prefix = ShortBytes<105>()
        for index in 0..<min(frame.count, Self.prefixSize) { prefix.append(frame[index]) }
        self.prefix = prefix
    }

    /// What it says of itself, unverified; `nil` where it is no frame of this version.
    public var header: FrameHeader? { try? FrameHeader(reading: prefix.span) }

    /// A test frame's text, at most 100 bytes; empty in other frames.
    public var text: ShortBytes<100> {
        var text = ShortBytes<100>()
        guard header?.kind == .test else { return text }
        for index in FrameHeader.size..<prefix.count { text.append(prefix[index]) }
        return text
    }
}
