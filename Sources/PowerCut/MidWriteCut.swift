import Base

/// The disk of a program that lost its power in the midst of a write.
public enum MidWriteCut {
    /// Makes it from the record of a run that began with an empty folder: all that was synced before
    /// the last write is there, and of that write some sectors.
    ///
    /// - Parameters:
    ///   - record: What the recorder has left.
    ///   - folder: What was there before is gone.
    ///   - wasKilled: Whether the program ended where the record does: then what was synced after the
    ///     last write stays so, and it is an error if that was all.
    ///
    /// - Returns: What is torn, for a person.
    public static func make(
        record: String, in folder: String, seed: UInt64 = 1, wasKilled: Bool = false
    ) throws -> String {
        let events = try DiskEvent.read(record)
        guard let last = events.lastIndex(where: \.isWrite) else {
            throw PowerCutError.program("nothing was written")
        }
        var disk = CutDisk(names: .ordered)
        for event in wasKilled ? events[...] : events[...last] { _ = try disk.apply(event) }
        var dice = Dice(seed: seed)
        let image = disk.images(effort: 1, dice: &dice).last { $0.isTorn }
        guard let image else { throw PowerCutError.program("the last write left nothing open") }
        try image.write(to: folder)
        return image.description
    }
}
