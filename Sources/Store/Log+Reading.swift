import Base

extension Log {
    /// What lies where a frame may begin.
    private enum Finding {
        case frame(sequence: UInt64, count: Int)
        /// None with a higher number, or one that a power cut tore.
        case none
        case damaged
    }

    /// Visits the records of the frames after `position`, in order, and finds the end. Where frames
    /// are damaged or missing, those behind them are visited nevertheless.
    ///
    /// - Parameter limit: The last frame that counts: one after it was refused, though it may well
    ///   be there.
    /// - Returns: The number of the last frame.
    mutating func replay(
        after position: UInt64, upTo limit: UInt64 = .max,
        _ visit: (LogRecord) throws(DiskFault) -> Void
    ) throws(DiskFault) -> UInt64 {
        var reading = begin(after: position)
        defer { isDamaged = reading.isDamaged }
        while reading.last < limit, try step(&reading, visit) {}
        // Only now: whoever visits may throw, and the frames from there on still count.
        end = reading.end
        return reading.last
    }

    /// How far a replay is.
    struct Reading {
        /// Where the next frame is looked for.
        var next = Log.block
        /// Where the last frame ends.
        var end = Log.block
        /// Its number.
        var last: UInt64
        var isDamaged: Bool
    }

    /// A replay of the frames after `position`, before the first.
    func begin(after position: UInt64) -> Reading {
        Reading(last: position, isDamaged: isTruncated)
    }

    /// Visits the records of the next frame, or looks for it in the next block where some are
    /// damaged. What was appended since the step before is found.
    ///
    /// - Returns: Whether there may be more.
    mutating func step(
        _ reading: inout Reading, _ visit: (LogRecord) throws(DiskFault) -> Void
    ) throws(DiskFault) -> Bool {
        guard reading.next < size else { return false }
        switch try readFrame(at: reading.next, after: reading.last) {
        case .frame(let sequence, let count):
            if sequence != reading.last + 1 { reading.isDamaged = true }
            try visitRecords(count, visit)
            reading.last = sequence
            reading.next += Self.blocks(for: count)
            reading.end = reading.next
            return true
        case .damaged:
            reading.isDamaged = true
        case .none:
            if !reading.isDamaged {
                reading.isDamaged = try isFollowed(reading.next, after: reading.last)
            }
        }
        reading.next += Self.block
        return reading.isDamaged
    }

    private func visitRecords(
        _ count: Int, _ visit: (LogRecord) throws(DiskFault) -> Void
    ) throws(DiskFault) {
        var offset = Self.headerSize
        let end = offset + count
        while offset < end {
            let keySize = Int(frame[offset + 1])
            let valueSize = Int(littleEndian(frame.span, at: offset + 2, size: 2))
            let start = offset + 4 + keySize
            guard keySize > 0, keySize <= Store.longestKey, valueSize <= Store.longestValue,
                start + valueSize <= end
            else { throw .damaged }
            try visit(
                LogRecord(
                    isPut: frame[offset] == 1,
                    key: frame.span.extracting((offset + 4)..<start),
                    value: frame.span.extracting(start..<(start + valueSize))))
            offset = start + valueSize
        }
    }

    /// The number of the frame at the beginning, if there is one.
    mutating func firstSequence() throws(DiskFault) -> UInt64? {
        guard case .frame(let sequence, _) = try readFrame(at: Self.block, after: 0) else {
            return nil
        }
        return sequence
    }

    /// Reads a frame into memory, its bytes side by side, if there is a whole one with a higher
    /// number.
    private mutating func readFrame(
        at offset: Int, after last: UInt64
    ) throws(DiskFault) -> Finding {
        guard try file.read(&frame, count: Self.block, at: offset) == Self.block else {
            return .damaged
        }
        let first = LogSector.find(frame.span, at: 0, offset: offset)
        guard case .first(let name) = first else { return first == .damaged ? .damaged : .none }
        let sequence = littleEndian(frame.span, at: 4, size: 8)
        guard sequence > last else { return .none }
        let count = Int(littleEndian(frame.span, at: 12, size: 4))
        let whole = Self.blocks(for: count)
        guard littleEndian(frame.span, at: 0, size: 4) == Self.magic, count <= frameCapacity,
            offset + whole <= size,
            try file.read(&frame, count: whole, at: offset) == whole
        else { return .damaged }
        var isTorn = false
        for start in stride(from: LogSector.size, to: whole, by: LogSector.size) {
            switch LogSector.find(frame.span, at: start, offset: offset + start) {
            case .inner(let other): if other != name { isTorn = true }
            case .first: isTorn = true
            case .damaged: return .damaged
            }
        }
        if isTorn { return .none }
        var place = LogSector.content
        for start in stride(from: LogSector.size, to: whole, by: LogSector.size) {
            guard place < Self.headerSize + count else { break }
            for index in 0..<LogSector.content { frame[place + index] = frame[start + index] }
            place += LogSector.content
        }
        return .frame(sequence: sequence, count: count)
    }

    /// Whether a later frame begins where it would behind the one that is not at `offset`.
    private mutating func isFollowed(
        _ offset: Int, after last: UInt64
    ) throws(DiskFault) -> Bool {
        for start in stride(
            from: offset, to: min(size, offset + frame.count + Self.block), by: Self.block)
        {
            guard let sequence = try readSequence(at: start) else { continue }
            if sequence > (start == offset ? last + 1 : last) { return true }
        }
        return false
    }

    /// The number of the frame that begins there, whole or not.
    private mutating func readSequence(at offset: Int) throws(DiskFault) -> UInt64? {
        guard try file.read(&frame, count: LogSector.size, at: offset) == LogSector.size,
            case .first = LogSector.find(frame.span, at: 0, offset: offset)
        else { return nil }
        return littleEndian(frame.span, at: 4, size: 8)
    }

    // MARK: Care

    /// The highest number of all frames that are there, whole or not.
    mutating func highestSequence() throws(DiskFault) -> UInt64 {
        var highest: UInt64 = 0
        for offset in stride(from: 0, to: size, by: Self.block) {
            highest = max(highest, try readSequence(at: offset) ?? 0)
        }
        return highest
    }

    /// Makes all that is damaged empty.
    ///
    /// - Precondition: The tree has taken all in, and no frame has a higher number than it says.
    mutating func mend() throws(DiskFault) {
        for offset in stride(from: 0, to: size, by: Self.block) {
            let read = try file.read(&frame, count: Self.block, at: offset)
            var isSound = read == Self.block
            for start in stride(from: 0, to: Self.block, by: LogSector.size) where isSound {
                isSound = LogSector.find(frame.span, at: start, offset: offset + start) != .damaged
            }
            if isSound, offset > 0 || !isTruncated { continue }
            Self.clear(&frame, offset: offset)
            if offset == 0 { Self.writeFirst(&frame, size: size) }
            try file.write(frame, count: Self.block, at: offset)
        }
        try file.sync()
        isDamaged = false
        isTruncated = false
    }

    /// Puts on the device what a process that was ended has left in the kernel's memory, where a power
    /// cut would take it.
    ///
    /// - Returns: Whether it could; if not, the next replay does not read it.
    func settle() -> Bool {
        do throws(DiskFault) {
            try file.sync()
            return true
        } catch {
            file.forgetCache()
            return false
        }
    }

    /// Has the next replay read the device.
    func forgetCache() { file.forgetCache() }
}
