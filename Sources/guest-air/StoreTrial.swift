import Base
import HAL
import Store

/// Writes, reads and checks a store, on a kernel whose pages are as large as they are.
enum StoreTrial {
    private static let count = 3_000

    /// - Returns: Whether all that was written was there at a second opening, and nothing damaged;
    ///   says what was not.
    static func run(in directory: String) -> Bool {
        do throws(DiskFault) {
            try write(in: directory)
            return try check(in: directory)
        } catch {
            say(error.sentence)
            return false
        }
    }

    private static func write(in directory: String) throws(DiskFault) {
        var store = try Store(in: directory)
        for number in 0..<count {
            try store.put(key(number).span, value(number).span)
            if number % 7 == 6 { try store.commit() }
        }
        try store.commit()
        try store.checkpoint()
        // These stay in the log.
        for number in 0..<100 { try store.put(key(number).span, value(number + count).span) }
        try store.commit()
    }

    private static func check(in directory: String) throws(DiskFault) -> Bool {
        var store = try Store(in: directory)
        var found = 0
        var wrong = 0
        try store.forEach { key, value throws(DiskFault) in
            let number = Int(key[0]) << 8 | Int(key[1])
            let expected = Self.value(number < 100 ? number + count : number)
            if !expected.span.elementsEqual(value) { wrong += 1 }
            found += 1
        }
        let damage = try store.check()
        say("\(found) records, \(wrong) of them wrong")
        return found == count && wrong == 0 && damage.isNone && !store.isDamaged
    }

    private static func key(_ number: Int) -> ShortBytes<2> {
        var key = ShortBytes<2>()
        key.append(UInt8(number >> 8))
        key.append(UInt8(truncatingIfNeeded: number))
        return key
    }

    private static func value(_ number: Int) -> ShortBytes<64> {
        var value = ShortBytes<64>()
        for index in 0..<(number % 60 + 4) {
            value.append(UInt8(truncatingIfNeeded: number &* 31 &+ index))
        }
        return value
    }
}
