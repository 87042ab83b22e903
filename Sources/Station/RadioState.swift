import Base
import LoRa

/// What a station's radio is doing, and when to look after it if nothing is heard of it.
///
/// What should be over is looked at twice: soon, since an interrupt's edge may have been lost, and
/// once more before the radio is taken for broken.
enum RadioState: Equatable {
    case standby
    case listening(checkAt: Instant)
    case sensing(Deadline)
    /// Listening whether anything is as loud as the region forbids to talk over.
    case measuring(ListenBeforeTalk, lookAt: Instant, endAt: Instant)
    case transmitting(Deadline)
    case failed(retryAt: Instant)

    /// When something should be over.
    struct Deadline: Equatable {
        var lookAt: Instant
        var endAt: Instant
    }

    /// When to look after the radio.
    var wake: Instant {
        switch self {
        case .standby: .distantFuture
        case .listening(let time), .failed(let time), .measuring(_, let time, _): time
        case .sensing(let deadline), .transmitting(let deadline): deadline.lookAt
        }
    }

    var isListening: Bool { if case .listening = self { true } else { false } }

    var hasFailed: Bool { if case .failed = self { true } else { false } }
}
