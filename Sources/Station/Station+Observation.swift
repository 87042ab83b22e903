import Base
import LoRa
import Node

/// What people ask of a radio that is in use: nothing here changes what it does.
extension Station where Radio: ~Copyable, Storage: ~Copyable {
    /// What the receiver hears at this moment, in dBm; `nil` while it does not listen.
    public mutating func measureLevel(
        at now: Instant, into output: inout Effects<StationEffect>
    ) -> Int? {
        guard state.isListening else { return nil }
        var level: Int?
        attempt(at: now, into: &output) { (radio) throws(ModemFault) in
            level = try radio.levelDBm()
        }
        settle(at: now, into: &output)
        return level
    }

    /// Who the chip is and what it has counted; `nil` while it does not listen.
    public mutating func chipReport(
        at now: Instant, into output: inout Effects<StationEffect>
    ) -> ChipReport? {
        guard state.isListening else { return nil }
        var report: ChipReport?
        attempt(at: now, into: &output) { (radio) throws(ModemFault) in
            report = try radio.report()
        }
        settle(at: now, into: &output)
        return report
    }

    /// Half of the effects' room is left to what must be told: an observer may miss a frame.
    func tellObserver(
        _ frame: @autoclosure () -> HeardFrame, into output: inout Effects<StationEffect>
    ) {
        guard isObserved, output.count < Node.effectCapacity / 2 else { return }
        output.append(.heard(frame()))
    }

    /// What is to be said of the radio as a whole.
    ///
    /// - Parameter test: What came of a test frame, where one was sent.
    public func verdict(after test: StationEffect?, at now: Instant) -> RadioVerdict {
        let faultAge = now - (health.lastFaultAt ?? now)
        let isRecent = health.lastFault != nil && faultAge < .seconds(600)
        if isRecent, health.changes >= 3 { return .unreliable }
        if let fault = health.fault { return .fault(fault) }
        if case .refused(_, .radioFailed(let fault)) = test { return .fault(fault) }
        if health.lastFault == .deaf, let heardAt = health.heardAt,
            let deafAt = health.lastFaultAt, heardAt < deafAt
        {
            return now - heardAt < .seconds(120) ? .fault(.deaf) : .silent(now - heardAt)
        }
        if isRecent, let fault = health.lastFault { return .worksAfter(fault, ago: faultAge) }
        return .works
    }
}
