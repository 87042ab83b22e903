import Base
import CRDT

/// A random history of the replicated types: replicas that write, hear each other late, twice or
/// never, are parted, lose power, are left out for good and come back as somebody new.
///
/// In the end all must hold the same, and what `StateModel` says. In a fourth of the histories nodes
/// are destroyed in the midst of telling what they know; then something may be lost with them, and
/// only the former is asked. The same seed gives the same history. A flaw, put in on purpose, must
/// show: see `StateFlaw`.
public final class StateHistory {
    /// How many replicas take part at any time.
    public static let size = 8
    /// Rights that are given out at most at once; log entries kept.
    static let horizon: UInt8 = 3

    let flaw: StateFlaw?
    /// Whether nodes are lost without having told what they know.
    let isBrutal: Bool
    var dice: Dice
    /// Those that take part, the founder first.
    var members: [StateMember] = []
    /// Those that were left out and have not been let in again.
    var absent: [StateMember] = []
    var nextActor: UInt8 = 1
    private var model = StateModel()
    private var finding: String?

    /// A history that has not begun.
    public init(seed: UInt64, flaw: StateFlaw? = nil) {
        dice = Dice(seed: seed)
        self.flaw = flaw
        isBrutal = seed % 4 == 0
        for _ in 0..<Self.size { members.append(newcomer()) }
    }

    /// Lets it happen.
    ///
    /// - Returns: What went wrong; `nil` where nothing did.
    public func run(events: Int = 150) -> String? {
        for _ in 0..<events {
            happen()
            if let finding { return finding }
        }
        return converge() ?? compare()
    }

    /// The stamp of what is written now: time goes on as things happen.
    var stamp: Stamp { Stamp(raw: UInt32(1 + model.count / 7)) }

    private func happen() {
        let member = members[dice.roll(0..<members.count)]
        switch dice.roll(0..<100) {
        case 0..<36: write(member)
        case 36..<58: hear(member)
        case 58..<72: repair(member, from: members[dice.roll(0..<members.count)])
        case 72..<78: member.flush(pretends: flaw == .claimUnflushed)
        case 78..<82: crash(member)
        case 82..<85: for member in members { member.group = dice.roll(0..<2) }
        case 85..<87: for member in members where dice.roll(0..<3) > 0 { keepUp(member) }
        case 87..<93: calm()
        case 93..<95: lag()
        case 95..<98: meetAbsent()
        default: replace()
        }
    }

    // MARK: Writing

    func write(_ member: StateMember) {
        let (name, change) = randomChange(of: member)
        write(change, name, by: member)
    }

    func write(_ change: Change, _ name: KeyName, by member: StateMember) {
        member.flush(pretends: false)
        let stamp = stamp
        if dice.roll(0..<4) == 0,
            let binding = member.replica.binding(member.nextDot, of: name, at: stamp)
        {
            say(binding, by: member)
        }
        do throws(ChangeError) {
            var operation = try member.replica.operation(
                member.nextDot, change, of: name, at: stamp)
            if let flaw { operation = flaw.spoil(operation, change) }
            model.note(operation, change, of: name, seeing: member.seen)
            say(operation, by: member)
        } catch {
            guard flaw == .spendUnchecked, case .spend(let amount) = change else { return }
            overspend(amount, name, by: member, at: stamp)
        }
    }

    private func overspend(
        _ amount: UInt64, _ name: KeyName, by member: StateMember, at stamp: Stamp
    ) {
        guard
            let operation = StateFlaw.account(
                member.nextDot, spent: amount, of: name, in: member.replica, at: stamp)
        else { return }
        model.note(operation, .spend(amount), of: name, seeing: member.seen)
        say(operation, by: member)
    }

    /// On flash first, then on the air.
    func say(_ operation: Operation, by member: StateMember) {
        member.keep(operation, onFlash: flaw != .speakUnflushed)
        for other in members where other !== member && other.group == member.group {
            if dice.roll(0..<10) < 7 { other.inbox.append(operation) }
            if dice.roll(0..<10) < 2 { other.inbox.append(operation) }
        }
    }

    private func randomChange(of member: StateMember) -> (KeyName, Change) {
        func name(_ letter: String, _ count: Int) -> KeyName {
            KeyName(.shared, Key("\(letter)\(dice.roll(0..<count))") ?? Key())
        }
        func value(_ count: Int) -> Value { Value("v\(dice.roll(0..<count))") ?? Value() }
        switch dice.roll(0..<16) {
        case 0..<5: return (name("register ", 2), .set(value(1_000)))
        case 5: return (name("register ", 2), .unset)
        case 6..<8: return (name("set ", 2), .add(value(2)))
        case 8..<10: return (name("set ", 2), .discard(value(2)))
        case 10: return (name("counter ", 2), .count(Int64(dice.roll(-5..<20))))
        case 11: return (name("rights ", 1), .mint(UInt64(dice.roll(1..<9))))
        case 12:
            let peer = members[dice.roll(0..<members.count)].actor
            guard peer != member.actor else { fallthrough }
            return (name("rights ", 1), .give(UInt64(dice.roll(1..<4)), to: peer))
        case 13: return (name("rights ", 1), .spend(UInt64(dice.roll(1..<4))))
        case 14: return (name("log ", 1), .append(value(1_000), horizon: Self.horizon))
        default:
            return (name("report ", 1), .report(dice.roll(0..<4) == 0 ? Value() : value(1_000)))
        }
    }

    // MARK: Hearing

    private func hear(_ member: StateMember) {
        for _ in 0..<dice.roll(1..<6) {
            guard !member.inbox.isEmpty else { return }
            member.merge(member.inbox.remove(at: dice.roll(0..<member.inbox.count)))
        }
    }

    /// What holds above the other's heads, and that the rest is superseded; some of it is lost.
    private func repair(_ member: StateMember, from other: StateMember) {
        guard member !== other, member.group == other.group else { return }
        other.flush(pretends: false)
        for raw in 1..<nextActor where dice.roll(0..<3) > 0 {
            let limit = UInt32(dice.roll(0..<8))
            member.learn(
                Actor(raw: raw), from: other, atMost: limit, isLossy: true,
                skipsOverGaps: flaw == .skipOverGap, &dice)
        }
    }

    // MARK: Mishaps

    func crash(_ member: StateMember) {
        if let lost = member.restart() {
            finding = "\(member.actor.raw) claimed \(lost), which is not on flash"
        }
        if flaw == .reuseSequence { member.forgetLast() }
    }

    /// Nobody writes for a while, and most hear all that the others have.
    private func calm() {
        for member in members { member.group = 0 }
        let awake = members.filter { _ in dice.roll(0..<5) > 0 }
        for member in awake {
            for other in awake where other !== member { inherit(member, from: other) }
        }
        for member in awake { keepUp(member) }
    }

    func inherit(_ heir: StateMember, from other: StateMember) {
        other.flush(pretends: flaw == .claimUnflushed)
        for raw in 1..<nextActor {
            heir.learn(
                Actor(raw: raw), from: other, atMost: .max, isLossy: false,
                skipsOverGaps: false, &dice)
        }
        heir.flush(pretends: flaw == .claimUnflushed)
    }

    // MARK: The end

    private func converge() -> String? {
        for member in members { member.inbox.removeAll() }
        for other in absent where !isBrutal { bringIn(other) }
        for _ in 0..<4 {
            for member in members {
                for other in members where other !== member { inherit(member, from: other) }
            }
        }
        let first = members[0]
        for member in members {
            member.flush(pretends: false)
            for raw in 1..<nextActor {
                let actor = Actor(raw: raw)
                guard member.claimed(actor) == first.claimed(actor) else {
                    return
                        "\(member.actor.raw) and \(first.actor.raw) differ in what they have of \(raw)"
                }
            }
        }
        // Whoever told that something is superseded may be gone, and what superseded it with it:
        // equal heads, and one still holds it. Nodes notice by the root of their states.
        if flaw == .believeAnybody {
            for other in absent { for member in members { member.reinstate(from: other) } }
        }
        guard isBrutal else { return nil }
        for member in members { for other in members { member.reinstate(from: other) } }
        return nil
    }

    private func compare() -> String? {
        let first = members[0]
        let state = first.state
        for member in members where member.state != state {
            let difference = member.state.symmetricDifference(state).sorted()
            return "\(member.actor.raw) and \(first.actor.raw) hold different: \(difference)"
        }
        return isBrutal ? nil : model.difference(from: first.replica, actors: 1..<nextActor)
    }
}
