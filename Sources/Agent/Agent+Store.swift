import Base
import CRDT
import LoRa
import Node
import Station
import Store

/// What clients of the control socket can ask of the card.
///
///     store-stats      what it has been given, and how full it is
///     store-check      reads all from the card; what is damaged is written anew; `progress` lines
///                      on the way
///     store-compact    makes the file small
extension Agent {
    /// - Returns: Whether it was one of these.
    func handleStore(
        _ line: ControlRecord, from connection: Connection, _ request: Request
    ) -> Bool {
        if line.isWord("store-stats") {
            connection.send(storeStatistics)
            connection.succeed()
        } else if line.isWord("store-check") {
            connection.question = .store
            connection.request = request
            hurryCare()
        } else if line.isWord("store-compact") {
            let before = station.disk.fileSize
            do throws(DiskFault) {
                try station.disk.compact()
                var record = ControlRecord("compacted")
                record.add("bytesBefore", before)
                record.add("bytes", station.disk.fileSize)
                connection.send(record)
                connection.succeed()
            } catch {
                connection.fail("the state directory failed: \(error.sentence)")
            }
        } else {
            return false
        }
        return true
    }

    /// What came of reading some of the card.
    enum Care {
        /// There is more to read.
        case goesOn
        case ended(ControlRecord)
        case failed(DiskFault)
    }

    /// Reads some of the card: in the check that is under way, or as the beginning of one. What is
    /// damaged is made good at the end: all that the card has lost is still in memory.
    func lookAfterStore(into output: inout Effects<StationEffect>) -> Care {
        do throws(DiskFault) {
            guard let found = try station.disk.goOnChecking(pages: Self.pagesAtOnce) else {
                return .goesOn
            }
            if !found.isNone {
                log.write(
                    .error, "the card had damaged \(found.records) records; they are written anew")
                try station.disk.compact()
                station.rewrite(at: now, into: &output)
            }
            return .ended(damage(found))
        } catch {
            return .failed(error)
        }
    }

    /// How far the check is that is under way, for whoever waits for it: once a second.
    func careProgress() -> ControlRecord? {
        guard let toldAt = careToldAt else {
            careToldAt = now
            return nil
        }
        guard now >= toldAt + .seconds(1), let progress = station.disk.checkProgress else {
            return nil
        }
        careToldAt = now
        var record = ControlRecord("progress")
        record.add("pages", progress.pages)
        record.add("of", progress.of)
        return record
    }

    private func damage(_ found: StoreDamage) -> ControlRecord {
        var record = ControlRecord("checked")
        record.add("records", station.disk.usage.records)
        record.add("damagedRecords", found.records)
        record.add("damagedPages", found.pages)
        return record
    }

    private var storeStatistics: ControlRecord {
        let usage = station.disk.usage
        let log = station.disk.logUsage
        let statistics = station.disk.statistics
        let seconds = max(1, Int(now.milliseconds / 1_000))
        var record = ControlRecord("store")
        record.add("commits", statistics.commits)
        record.add("checkpoints", statistics.checkpoints)
        record.add("bytesWritten", statistics.bytes)
        // Less than an hour tells little of a day.
        record.add("bytesPerDay", statistics.bytes * 86_400 / max(seconds, 3_600))
        record.add("budgetPerDay", settings.flashBudget * 1_000_000)
        record.add("entries", station.node.replica.live.count)
        record.add("entryCapacity", station.node.replica.live.capacity)
        record.add("records", usage.records)
        record.add("mapBytes", usage.bytes)
        record.add("mapCapacity", usage.capacity)
        record.add("fileBytes", station.disk.fileSize)
        record.add("logBytes", log.used)
        record.add("logCapacity", log.capacity)
        if let waiting = station.node.waiting(at: now) {
            record.add("oldestUnflushedMs", Int(waiting.wholeMilliseconds))
        }
        record.add("inDoubt", station.node.isInDoubt)
        return record
    }
}
