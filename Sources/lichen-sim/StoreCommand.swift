import ArgumentParser
import Base
import Foundation
import PowerCut

/// `lichen-sim store`: the trials of the store, each a process, for the tests and the bench.
struct StoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store", abstract: "Cut the store's power, fail its calls, damage its files.",
        shouldDisplay: false,
        subcommands: [Work.self, Cuts.self, Fill.self, Read.self, Fuzz.self, Tear.self])

    /// The program that this is, and the recorder beside it.
    static var program: String {
        URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
    }
    static var shim: String {
        URL(fileURLWithPath: program).deletingLastPathComponent()
            .appending(path: "libCDiskShim.so").path
    }

    /// The worker.
    struct Work: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lead a store through a history.",
            discussion: """
                EXIT STATUS
                  0 if the store took all in the end, whatever the disk did; 1 if not.
                """)

        @Argument(help: "A folder.") var folder: String
        @Option(help: "The history.") var seed: UInt64 = 1
        @Option(help: "How many batches.") var batches = 100
        @Option(help: "What is wrong with the store.") var flaw = FlawedStore.Flaw.none
        @Flag(help: "The store is left from earlier, in the midst of the history.") var goesOn =
            false

        func run() throws {
            var worker = StoreWorker(folder: folder, seed: seed, batches: batches, flaw: flaw)
            worker.goesOn = goesOn
            let report = worker.run()
            print("calls \(StoreWorker.calls)")
            for fault in report.faults { print("fault \(fault)") }
            for wrong in report.wrongs { print("wrong \(wrong)") }
            if !report.wrongs.isEmpty { throw ExitCode.failure }
        }
    }

    /// A large store.
    struct Fill: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Fill a store with records that say what they are.")

        @Argument(help: "An empty folder.") var folder: String

        func run() throws { try DamageTrial.fill(folder) }
    }

    /// Its reader.
    struct Read: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read what 'fill' has made and somebody has damaged.",
            discussion: """
                EXIT STATUS
                  0 if all is there or the damage was noticed; 1 if it passed in silence.
                """)

        @Argument(help: "The folder.") var folder: String

        func run() throws {
            let verdict = DamageTrial.read(folder)
            print(verdict)
            if !verdict.isHonest { throw ExitCode.failure }
        }
    }

    /// Readers of damaged stores, many of them.
    struct Fuzz: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Damage a small store's structures in many ways, and read it.",
            discussion: """
                The last line of the output tells which damage it was where a store trapped.

                EXIT STATUS
                  0 if all was noticed; 1 if something passed in silence.
                """)

        @Argument(help: "A folder to work in, best in memory; it is made, and taken away again.")
        var folder: String
        @Option(help: "The first damage.") var seed: UInt64 = 1
        @Option(help: "How many.") var count = 100

        func run() throws {
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let silent = try DamageTrial.fuzz(folder, seeds: seed..<(seed + UInt64(count))) {
                FileHandle.standardOutput.write(Data("at \($0)\n".utf8))
            }
            for line in silent { print("bad \(line)") }
            if !silent.isEmpty { throw ExitCode.failure }
        }
    }

    /// What a cut leaves of a recorded run.
    struct Tear: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the folder that a cut in the midst of the last write leaves.",
            discussion: "Prints which page is torn.")

        @Argument(help: "What the recorder has left.") var record: String
        @Argument(help: "The folder; what is in it goes.") var folder: String
        @Option(help: "Which sectors are torn.") var seed: UInt64 = 1
        @Flag(help: "The program was killed: the cut is at the end of the record.") var killed =
            false

        func run() throws {
            print(
                try MidWriteCut.make(
                    record: record, in: folder, seed: seed, wasKilled: killed))
        }
    }

    /// A worker under the recorder, and all cuts of it.
    struct Cuts: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cut the power of a store at every write, and open what is left.",
            discussion: """
                The last line of the output that begins with 'at' tells which image was opened when a \
                store trapped.

                EXIT STATUS
                  0 if all images hold a committed prefix with all that was acknowledged; 1 if not.
                """)

        @Argument(help: "A folder to work in, best in memory; it is made, and taken away again.")
        var folder: String
        @Option(help: "The history.") var seed: UInt64 = 1
        @Option(help: "How many batches.") var batches = 60
        @Option(help: "Images of each random kind at each cut.") var effort = 3
        @Option(help: "Images from which it goes on, to be cut again.") var again = 0
        @Option(help: "Distinct images after which it ends.") var limit = Int.max
        @Option(help: "What is wrong with the store.") var flaw = FlawedStore.Flaw.none
        @Option(help: "What the disk lies about, as CDiskShim.h spells it.") var lie: String?
        @Option(help: "Which calls fail, as CDiskShim.h spells it.") var fault: String?
        @Flag(help: "End at the first bad image.") var untilBad = false
        @Flag(help: "Names are on flash only after a sync of their folder.") var strictNames = false

        func run() throws {
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try FileManager.default.createDirectory(
                atPath: "\(folder)/work", withIntermediateDirectories: true)
            var recorded = RecordedRun(shim: StoreCommand.shim, folder: "\(folder)/work")
            recorded.record = "\(folder)/record"
            recorded.lie = lie
            recorded.fault = fault
            try work(recorded, batches: batches)
            var trial = try CutTrial(
                record: "\(folder)/record", seed: seed, folder: "\(folder)/image",
                strictNames: strictNames)
            trial.keepsEvery = again > 0 ? 50 : .max
            var result = try trial.run(
                effort: effort, limit: limit, endsWhenBad: untilBad, watching: Self.tell)
            var dice = Dice(seed: seed)
            for survivor in trial.survivors.shuffled(using: &dice).prefix(again) {
                result.add(try goOn(from: survivor))
            }
            for complaint in result.complaints.prefix(5) { print("bad \(complaint)") }
            print(
                "cuts \(result.cuts) images \(result.images) distinct \(result.distinct) "
                    + "bad \(result.bad)")
            if result.bad > 0 { throw ExitCode.failure }
        }

        /// Opens an image under the recorder, goes on with its history, and cuts the power again.
        private func goOn(from survivor: CutTrial.Survivor) throws -> CutTrial.Result {
            var recorded = RecordedRun(shim: StoreCommand.shim, folder: "\(folder)/again")
            recorded.record = "\(folder)/again.record"
            try? FileManager.default.removeItem(atPath: "\(folder)/again.record")
            try survivor.write(to: recorded.folder)
            Self.tell("\(survivor.place); then in another process")
            try work(recorded, batches: 4, "--goes-on")
            var trial = try CutTrial(
                record: "\(folder)/again.record", seed: seed, folder: "\(folder)/image",
                survivor: survivor, strictNames: strictNames)
            return try trial.run(effort: effort, watching: Self.tell)
        }

        private func work(
            _ recorded: RecordedRun, batches: Int, _ more: String...
        ) throws {
            let (status, output) = try recorded.run(
                StoreCommand.program,
                [
                    "store", "work", recorded.folder, "--seed", "\(seed)", "--batches",
                    "\(batches)", "--flaw", flaw.rawValue,
                ] + more)
            guard status == 0 || flaw != .none else {
                throw PowerCutError.program("the worker ended with \(status): \(output)")
            }
        }

        /// Not by `print`: what is buffered is lost where the store traps.
        private static func tell(_ place: String) {
            FileHandle.standardOutput.write(Data("at \(place)\n".utf8))
        }
    }
}

extension FlawedStore.Flaw: ExpressibleByArgument {}
