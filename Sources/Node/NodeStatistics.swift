import Mesh

/// What a node has counted since its start.
public struct NodeStatistics: Equatable, Sendable {
    /// Frames sent, and their bytes.
    public var framesSent = 0, bytesSent = 0
    /// Authentic frames heard, and their bytes.
    public var framesHeard = 0, bytesHeard = 0
    /// Frames that reception damaged: header or checksum wrong.
    public var damaged = 0
    /// Frames of strangers: another key, version or kind, or forged.
    public var foreign = 0
    /// Authentic frames that came twice.
    public var replayed = 0
    /// Authentic frames that made no sense.
    public var malformed = 0
    /// Probes that were answered, and those to this node that were not: their sender asked too
    /// often, or a later one took the place.
    public var probesAnswered = 0, probesDropped = 0
    /// Test frames heard.
    public var testsHeard = 0
    /// Operations learned from others.
    public var operationsLearned = 0
    /// Flushes, and flushes that failed.
    public var flushes = 0, flushesFailed = 0

    mutating func count(_ error: FrameError) {
        switch error {
        case .replayed: replayed += 1
        case .malformed: malformed += 1
        case .truncated, .unknownKind, .unknownVersion, .noKey, .notAuthentic, .own: foreign += 1
        }
    }
}
