import Base
import Simulation
import TestSupport
import Testing

@Suite(.aside) struct ReconcileTrialTests {
    /// A scene of any size and any loss below one in two.
    private func scene(_ dice: inout Dice) -> ReconcileTrial.Scene {
        var scene = ReconcileTrial.Scene()
        scene.authors = dice.roll(8..<120)
        scene.keys = dice.roll(20..<300)
        scene.neighbours = dice.roll(1..<7)
        switch dice.roll(0..<4) {
        case 0:
            scene.differingAuthors = dice.roll(1..<12)
        case 1:
            scene.away = (cells: 2 * dice.roll(1..<5), writers: 2)
            scene.lacking = dice.roll(10..<60)
        default:
            scene.lacking = dice.roll(0..<30)
            scene.hubLacking = dice.roll(0..<2) * dice.roll(0..<10)
        }
        scene.areNew = dice.roll(0..<8) == 0
        scene.isCommon = dice.roll(0..<4) == 0
        let loss = dice.roll(0..<50)
        scene.loss = dice.roll(0..<2) == 0 ? .independent(loss) : .bursts(min(loss, 30))
        return scene
    }

    // Method: real replicas, codecs and reconcilers; what one holds is compared with what all hold,
    // operation by operation.
    @Test(
        "whatever differs and whatever is lost, all come to hold the same",
        arguments: Seed.slice(40))
    func convergence(seed: Seed) {
        var dice = Dice(seed)
        let scene = scene(&dice)
        let outcome = ReconcileTrial.run(scene, seed: seed.number)
        #expect(outcome.isSettled, "\(scene); replay: make test SEED=\(seed)")
    }

    // Newcomers that asked for heads without end: lags that fit no frame, questions begun anew at each
    // beacon.
    @Test("scenes that once did not settle do", arguments: [50, 121, 132] as [UInt64])
    func found(seed: UInt64) {
        var dice = Dice(seed: seed)
        let scene = scene(&dice)
        #expect(scene.areNew)
        #expect(ReconcileTrial.run(scene, seed: seed).isSettled)
    }

    @Test("the same seed gives the same exchange", arguments: Seed.slice(5))
    func determinism(seed: Seed) {
        var dice = Dice(seed)
        let scene = scene(&dice)
        let first = ReconcileTrial.run(scene, seed: seed.number)
        let second = ReconcileTrial.run(scene, seed: seed.number)
        #expect(first.bytes == second.bytes && first.airtime == second.airtime)
    }

    @Test("a node that was away is told what holds, and nothing else")
    func away() {
        var scene = ReconcileTrial.Scene()
        scene.lacking = 100
        scene.away = (cells: 40, writers: 20)
        let outcome = ReconcileTrial.run(scene, seed: 1)
        #expect(outcome.isSettled)
        #expect(outcome.named == 40)
    }

    // Method: the same state is told to newcomers of which each loses other frames.
    @Test("a newcomer is told all that holds, whatever is lost, and others who hear it, too")
    func newcomers() {
        func bytes(_ neighbours: Int, _ loss: Int) -> Double {
            var scene = ReconcileTrial.Scene()
            scene.lacking = 0
            scene.areNew = true
            scene.neighbours = neighbours
            scene.keys = 300
            scene.authors = 30
            scene.loss = .independent(loss)
            let outcome = ReconcileTrial.run(scene, seed: 1)
            #expect(outcome.isSettled, "\(neighbours), \(loss) %")
            return Double(outcome.bytes)
        }
        let one = bytes(1, 0)
        #expect(bytes(4, 0) < one * 1.05)
        // Each frame is lost once in four, or in 1.7; who asks for it is lost, too.
        #expect(bytes(1, 25) < one * 2.2)
        #expect(bytes(1, 40) < one * 3.8)
        #expect(bytes(4, 25) < one * 5)
    }

    // Without suppression eight askers would tell eight times their heads, and be answered so.
    @Test("eight neighbours cost little more than one", arguments: Seed.slice(10))
    func suppression(seed: Seed) {
        var scene = ReconcileTrial.Scene()
        let one = ReconcileTrial.run(scene, seed: seed.number)
        scene.neighbours = 8
        let eight = ReconcileTrial.run(scene, seed: seed.number)
        #expect(eight.bytes < 2 * one.bytes, "replay: make test SEED=\(seed)")
    }
}
