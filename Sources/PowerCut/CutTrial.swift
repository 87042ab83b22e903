import Base
import Foundation
import Store

/// Replays a record of a store's work, cuts the power at every event, and opens what may be left.
///
/// A store passes if each image holds what it held after some batch, the last acknowledged or a
/// later one that had begun.
public struct CutTrial {
    /// What came of it.
    public struct Result {
        /// Moments at which the power was cut, and the images of all of them.
        public var cuts = 0, images = 0
        /// Images that differ, each opened once.
        public var distinct = 0
        /// Images that do not open, or hold what they should not.
        public var bad = 0
        /// What was wrong with the first of them.
        public var complaints: [String] = []

        /// Adds what came of another trial.
        public mutating func add(_ other: Result) {
            cuts += other.cuts
            images += other.images
            distinct += other.distinct
            bad += other.bad
            complaints += other.complaints
        }
    }

    /// What an image was found to hold.
    private enum Finding {
        case content(StoreDigest)
        /// It opens, and tells of damage: a cut is none.
        case damage
        /// It does not keep a record that is put into it then.
        case useless
        case fault(DiskFault)
    }

    private let events: [DiskEvent]
    private let seed: UInt64
    private let names: CutDisk.Names
    private let folder: String
    private let origin: String?
    /// What the store holds after each batch, from 0.
    private let states: [StoreDigest]
    private var found: [Int: Finding] = [:]
    private var result = Result()
    /// What is on flash when the record begins, and which batches it may be after.
    private let start: (image: CutImage, batches: ClosedRange<Int>)?
    /// Images of which every so many is kept, to be led on and cut again; see `survivors`.
    public var keepsEvery = Int.max
    /// Images that hold what they should, and after which batches that is.
    public private(set) var survivors: [Survivor] = []

    /// An image that has passed.
    public struct Survivor {
        let image: CutImage
        let batches: ClosedRange<Int>
        /// Which image it is, for a person.
        public let place: String

        /// Makes a folder of it.
        public func write(to folder: String) throws { try image.write(to: folder) }
    }

    /// The path of a folder that is not there yet: in memory where that can be.
    public static func newFolder() -> String {
        let root = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : "/tmp"
        return "\(root)/lichen-cuts-\(UUID().uuidString.prefix(8))"
    }

    /// - Parameters:
    ///   - record: What the recorder has left of the worker that ran this seed.
    ///   - folder: Where images are put; it is made and taken away again.
    ///   - survivor: What the worker went on from, rather than from nothing.
    ///   - strictNames: Whether names count as on flash only after a sync of their folder.
    public init(
        record: String, seed: UInt64, folder: String, survivor: Survivor? = nil,
        strictNames: Bool = false
    ) throws {
        start = survivor.map { ($0.image, $0.batches) }
        origin = survivor.map { "\($0.place); then" }
        events = try DiskEvent.read(record)
        self.seed = seed
        self.folder = folder
        names = strictNames ? .strict : .ordered
        var history = StoreHistory(seed: seed)
        var states = [history.content.digest]
        let last = events.reduce(0) {
            if case .begun(let batch) = $1 { max($0, batch) } else { $0 }
        }
        while history.number < last {
            _ = history.next()
            _ = history.pause()
            states.append(history.content.digest)
        }
        self.states = states
    }

    /// - Parameters:
    ///   - effort: Images of each random kind at each cut.
    ///   - limit: Distinct images after which it ends.
    ///   - endsWhenBad: Whether one bad image is enough.
    ///   - watching: Told of each image before it is opened: where the store traps, that was it.
    public mutating func run(
        effort: Int = 3, limit: Int = .max, endsWhenBad: Bool = false,
        watching: (String) -> Void = { _ in }
    ) throws -> Result {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var disk = CutDisk(names: names, image: start?.image)
        var dice = Dice(seed: seed)
        var batches = start?.batches ?? 0...0
        for (position, event) in events.enumerated() {
            switch event {
            case .begun(let batch): batches = batches.lowerBound...batch
            case .acknowledged(let batch): batches = batch...batch
            default:
                guard try disk.apply(event) else { continue }
            }
            guard result.distinct < limit, !(endsWhenBad && result.bad > 0) else { break }
            result.cuts += 1
            // Of a run of writes, the moments that differ most: others are among their images.
            let isAmongWrites =
                event.isWrite && events[position + 1..<events.count].first?.isWrite == true
            let effort = isAmongWrites && dice.roll(0..<4) > 0 ? 1 : effort
            for image in disk.images(effort: effort, dice: &dice) {
                let place =
                    "\(origin ?? "seed \(seed),") after event \(position), \(image.description)"
                try check(image, place, batches, watching)
            }
        }
        return result
    }

    private mutating func check(
        _ image: CutImage, _ place: String, _ batches: ClosedRange<Int>,
        _ watching: (String) -> Void
    ) throws {
        result.images += 1
        if found[image.hash] == nil {
            watching(place)
            found[image.hash] = try open(image)
            result.distinct += 1
        }
        guard let finding = found[image.hash], let complaint = complaint(finding, batches) else {
            if result.images % keepsEvery == 0 {
                survivors.append(Survivor(image: image, batches: batches, place: place))
            }
            return
        }
        result.bad += 1
        if result.complaints.count < 5 { result.complaints.append("\(place): \(complaint)") }
    }

    private func open(_ image: CutImage) throws -> Finding {
        try image.write(to: folder)
        do throws(DiskFault) {
            let digest = try read()
            guard result.distinct % 8 == 0, case .content(let found) = digest else { return digest }
            return try hasKept(found) ? digest : .useless
        } catch {
            return .fault(error)
        }
    }

    private func read() throws(DiskFault) -> Finding {
        var store = try Store(in: folder, logSize: StoreHistory.logSize)
        let digest = try StoreDigest.of(&store)
        return store.isDamaged ? .damage : .content(digest)
    }

    /// Whether the store, after it has been put right, takes a batch and has it when opened again.
    private func hasKept(_ before: StoreDigest) throws(DiskFault) -> Bool {
        let changes = StoreHistory.Change.extra
        var after = before
        do {
            var store = try Store(in: folder, logSize: StoreHistory.logSize)
            for change in changes {
                guard let value = change.value else { continue }
                try store.put(change.keyBytes.span, value.span)
                after.sum &+= value.withUnsafeBytes { StoreContent.hash(change.key, $0) }
                after.count += 1
            }
            try store.commit()
        }
        var again = try Store(in: folder, logSize: StoreHistory.logSize)
        return try StoreDigest.of(&again) == after
    }

    private func complaint(_ finding: Finding, _ batches: ClosedRange<Int>) -> String? {
        switch finding {
        case .fault(let fault): return "it is refused: \(fault)"
        case .damage: return "it tells of damage"
        case .useless: return "it does not keep what is put into it"
        case .content(let digest):
            if states[batches].contains(digest) { return nil }
            guard let batch = states.lastIndex(of: digest) else {
                return "\(digest.count) records, as after no batch"
            }
            return "as after batch \(batch), not \(batches)"
        }
    }
}
