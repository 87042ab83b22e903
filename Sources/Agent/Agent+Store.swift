import Base
import CRDT
import LoRa
import Node
import Station
import Store

/// What clients of the control socket can ask of the card.
///
///     store-stats      what it has been given, and how full it is
///     store-check      reads all from the card; what is damaged is written anew
///     store-compact    makes the file small
extension Agent {
    /// - Returns: Whether it was one of these.
    func handleStore(
        _ line: ControlRecord, from connection: Connection,
        into output: inout Effects<StationEffect>
    ) -> Bool {
        if line.isWord("store-stats") {
            connection.send(storeStatistics)
            connection.succeed()
        } else if line.isWord("store-check") {
            do throws(DiskFault) {
                connection.send(damage(try lookAfter(into: &output)))
                connection.succeed()
            } catch {
                connection.fail("the state directory failed: \(error.sentence)")
            }
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

    /// Reads the card while there is time.
    func lookAfterStore(into output: inout Effects<StationEffect>) -> Bool {
        guard let found = try? lookAfter(into: &output) else { return false }
        if !found.isNone {
            log.write(
                .error, "the card had damaged \(found.records) records; they are written anew")
        }
        return found.isNone
    }

    /// All that the card has lost is still in memory: it is written anew.
    private func lookAfter(
        into output: inout Effects<StationEffect>
    ) throws(DiskFault) -> StoreDamage {
        let found = try station.disk.check()
        if !found.isNone {
            try station.disk.compact()
            station.rewrite(at: now, into: &output)
        }
        return found
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
