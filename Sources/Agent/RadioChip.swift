import SX126x
import SX127x

/// The radio chips that a configuration may name.
public enum RadioChip: String, CaseIterable, Sendable {
    case sx1261, sx1262, sx1268, llcc68
    case sx1276, sx1278, rfm95

    /// A chip as the driver of its family knows it.
    enum Variant {
        case sx126x(SX126xVariant)
        case sx127x(SX127xVariant)
    }

    /// Whether the chip tells of commands in progress on a wire: all but the SX127x family.
    var hasBusy: Bool {
        switch variant {
        case .sx126x: true
        case .sx127x: false
        }
    }

    /// Which driver has it, and as what.
    var variant: Variant {
        switch self {
        case .sx1261: .sx126x(.sx1261)
        case .sx1262: .sx126x(.sx1262)
        case .sx1268: .sx126x(.sx1268)
        case .llcc68: .sx126x(.llcc68)
        case .sx1276: .sx127x(.sx1276)
        case .sx1278: .sx127x(.sx1278)
        case .rfm95: .sx127x(.rfm95)
        }
    }
}
