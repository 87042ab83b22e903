import Base
import Emulation

/// The air's arithmetic in fractions must give the same bits everywhere: its own logarithms, sines
/// and dice, and thousands of decisions made by them.
func checkAir(_ report: inout Report) {
    report.group("air", checkLosses)
    report.group("ALOHA", checkAloha)
}

private func checkLosses(_ group: inout Group) {
    let air = Air(
        positions: (0..<40).map { Position(x: Double($0 * $0) * 0.7, y: Double($0) * 13) },
        propagation: .outdoors, seed: 11)
    var losses = Fingerprint()
    for a in 0..<40 {
        for b in 0..<40 {
            let loss = air.loss(from: AirNode(a), to: AirNode(b))
            group.expect(
                loss == air.loss(from: AirNode(b), to: AirNode(a)), "a link is the same both ways")
            losses.add(loss.bitPattern)
        }
    }
    var shares = Fingerprint()
    for tenth in -60...60 {
        let share = Demodulation.logistic(steepness: Demodulation.fittedSteepness)
            .share(atMargin: Double(tenth) / 10)
        group.expect((0...1).contains(share), "a share is one")
        shares.add(share.bitPattern)
    }
    group.note("losses", losses)
    group.note("shares", shares)
}

private func checkAloha(_ group: inout Group) {
    for captures in [false, true] {
        var run = AlohaRun(nodes: 60, captures: captures, seed: 5)
        run.duration = .seconds(20_000)
        let outcome = run.run()
        group.expect(outcome.received < outcome.sent, "some are lost")
        group.note(captures ? "with capture" : "without", "\(outcome.received)/\(outcome.sent)")
    }
}
