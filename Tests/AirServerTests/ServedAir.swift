import Base
import Emulation
import Foundation
import HAL
import LinuxHAL
import LoRa
import RadioSupport
import SX126x
import Synchronization
import Testing

@testable import lichen_sim

/// An air server on a thread of its own, in a folder that goes with it.
final class ServedAir: @unchecked Sendable {
    let directory: String
    private let isStopped = Atomic(false)
    private let hasEnded = DispatchSemaphore(value: 0)

    init(
        _ distances: [Double], chips: [ChipModel] = [], faults: [(Int, ChipFault)] = []
    ) throws {
        var template = Array("\(NSTemporaryDirectory())/air-XXXXXX".utf8CString)
        directory = String(cString: mkdtemp(&template))
        // The server is made and ends on its own thread; this one learns only whether it came up.
        let started = DispatchSemaphore(value: 0)
        let thread = Thread { [self] in
            let air = Air(
                positions: distances.map { Position(x: $0, y: 0) }, chips: chips, seed: 1)
            for (index, fault) in faults { air.inject(fault, into: AirNode(index)) }
            if let server = try? AirServer(air, in: directory) {
                started.signal()
                while !isStopped.load(ordering: .acquiring) {
                    do {
                        try server.step(for: .milliseconds(5))
                    } catch {
                        Issue.record(error)
                    }
                }
            } else {
                isStopped.store(true, ordering: .releasing)
                started.signal()
            }
            hasEnded.signal()
        }
        thread.start()
        started.wait()
        if isStopped.load(ordering: .acquiring) { throw BoardError.gone }
    }

    deinit {
        stop()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Ends the server; its sockets are gone afterwards.
    func stop() {
        guard !isStopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
        hasEnded.wait()
    }

    func path(_ index: Int) -> String { AirServer.path(of: AirNode(index), in: directory) }
}

/// A driver on a served chip.
final class AttachedRadio {
    var driver: SX126x<LinuxBoard>
    var frame: [UInt8] = []

    init(_ served: ServedAir, _ index: Int) throws {
        driver = SX126x(
            board: try LinuxBoard.emulator(EmulatorBoard(connectingTo: served.path(index))))
    }

    func send(_ frame: [UInt8], on modulation: Modulation) throws {
        try driver.transmit(
            frame.span, spending: permit(modulation.timeOnAir(payloadSize: frame.count)))
    }

    /// The next event, waited for as an agent does: asleep on the board's descriptor.
    func event(within limit: Duration = .seconds(5)) throws -> ModemEvent? {
        let clock = ContinuousClock()
        let end = clock.now + limit
        var epoll = try Epoll()
        try epoll.add(driver.board.raw, token: 0)
        while true {
            var bytes = Slab<UInt8>(repeating: 0, count: 255)
            var count = 0
            let event = try bytes.overwrite(0..<255, count: &count) {
                (out: inout OutputSpan<UInt8>) throws(ModemFault) -> ModemEvent? in
                try driver.nextEvent(into: &out)
            }
            if let event {
                frame = (0..<count).map { bytes[$0] }
                return event
            }
            let rest = end - clock.now
            guard rest > .zero else { return nil }
            _ = try epoll.wait(for: rest)
        }
    }
}
