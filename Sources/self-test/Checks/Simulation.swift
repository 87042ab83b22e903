import Base
import Emulation
import LoRa
import Simulation

/// Five nodes on one air: the whole of a node but its operating system. The fingerprint is that of
/// every frame, wake and outcome.
func checkSimulation(_ report: inout Report) {
    report.group("five nodes", checkFiveNodes)
}

private func checkFiveNodes(_ group: inout Group) {
    let positions = [
        Position(x: 0, y: 0), Position(x: 60, y: 0), Position(x: 0, y: 60),
        Position(x: 60, y: 60), Position(x: 30, y: 90),
    ]
    let channel = Channel(
        frequency: 869_525_000, modulation: Modulation(.sf7, .khz125), power: 14)
    let world = World(positions: positions, channel: channel, seed: 3)
    for index in 0..<world.count { group.expect((try? world.start(index)) != nil, "nodes start") }
    world.run(for: .seconds(1))
    _ = world.found("valley", on: 0)
    world.run(for: .seconds(1))
    for index in 1..<world.count {
        _ = world.pair(index, by: 0)
        world.run(for: .seconds(20))
    }
    _ = world.set("lamp", to: "on", on: 2)
    let agree = world.run(atMost: .seconds(120)) {
        (0..<world.count).allSatisfy { world.value(of: "lamp", on: $0) == "on" }
    }
    group.expect(agree, "a value set on one appears on all")
    world.run(for: .seconds(10))  // Until what was heard is on flash.
    let records = world.platter(of: 3).records
    var flash = Fingerprint()
    for key in records.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
        for byte in key + (records[key] ?? []) { flash.add(byte) }
    }
    world.cutPower(3)
    for index in 0..<5 {
        _ = world.set("step-\(index)", to: "\(index)", on: index == 3 ? 0 : index)
        world.run(for: .seconds(2))
    }
    group.expect((try? world.start(3)) != nil, "a node starts again")
    group.expect(world.value(of: "lamp", on: 3) == "on", "and knows what is on its flash")
    let caughtUp = world.run(atMost: .seconds(300)) {
        (0..<5).allSatisfy { world.value(of: "step-\($0)", on: 3) != nil }
    }
    group.expect(caughtUp, "and catches up with what was written meanwhile")
    group.note("flash", flash)
    group.note("after", world.now.milliseconds)
    group.note("trace", hexadecimal(world.fingerprint))
}
