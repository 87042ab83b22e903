import SX126x

/// The radio chips that a configuration may name.
public enum RadioChip: String, CaseIterable, Sendable {
    case sx1261, sx1262, sx1268, llcc68
    case sx1276, sx1278, rfm95

    /// Whether the chip tells of commands in progress on a wire: all but the SX127x family.
    var hasBusy: Bool { variant != nil }

    /// The chip as the driver of its family knows it; `nil` where it is of another family.
    var variant: Variant? {
        switch self {
        case .sx1261: .sx1261
        case .sx1262: .sx1262
        case .sx1268: .sx1268
        case .llcc68: .llcc68
        case .sx1276, .sx1278, .rfm95: nil
        }
    }
}
