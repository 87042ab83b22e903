import Base
import CInih
import LoRa
import Mesh
import SX126x

/// Reads a configuration: inih splits lines into sections, keys and values; what they mean is here.
///
/// inih hands over no line numbers and cuts overlong lines in silence, so lines are handed to it
/// one by one, counted and measured.
struct ConfigurationReader {
    /// The first thing that was wrong.
    private(set) var error: ConfigurationError?
    private var settings = Settings()
    private var given: [(key: ConfigurationKey, line: Int)] = []

    // The text, and how far inih has it.
    private let bytes: [UInt8]
    private var offset = 0
    private var line = 0

    /// The settings that a file's text gives.
    static func read(_ text: [UInt8]) throws(ConfigurationError) -> Settings {
        var reader = ConfigurationReader(text)
        reader.run()
        if let error = reader.error { throw error }
        return reader.settings
    }

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    private mutating func run() {
        let status = withUnsafeMutablePointer(to: &self) { reader in
            ini_parse_stream(
                { buffer, size, reader in
                    reader!.assumingMemoryBound(to: ConfigurationReader.self)
                        .pointee.nextLine(into: buffer!, size: Int(size))
                },
                reader,
                { reader, section, key, value in
                    reader!.assumingMemoryBound(to: ConfigurationReader.self)
                        .pointee.take(
                            String(cString: section!), String(cString: key!),
                            String(cString: value!))
                    return 1
                },
                reader)
        }
        if status != 0 { note(.syntax(line: Int(status))) }
        checkWhole()
    }

    private mutating func note(_ error: ConfigurationError) {
        if let present = self.error, (present.line ?? .max) <= (error.line ?? .max) { return }
        self.error = error
    }

    /// Hands inih the next line, as `fgets` would.
    private mutating func nextLine(
        into buffer: UnsafeMutablePointer<CChar>, size: Int
    ) -> UnsafeMutablePointer<CChar>? {
        guard offset < bytes.count else { return nil }
        line += 1
        var end = offset
        while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
        let length = end - offset
        let fits = length <= size - 2
        if !fits { note(.lineTooLong(line: line, limit: size - 2)) }
        // An overlong or binary line is not given to inih at all.
        var copied = 0
        if fits {
            for index in significant(offset..<end) {
                guard bytes[index] != 0 else {
                    note(.syntax(line: line))
                    copied = 0
                    break
                }
                buffer[copied] = CChar(bitPattern: bytes[index])
                copied += 1
            }
        }
        buffer[copied] = 10
        buffer[copied + 1] = 0
        offset = end + 1
        return buffer
    }

    /// A line without indentation, which inih takes for more of the value before, and without a
    /// '#' behind a blank and what follows it, of which inih knows only ';'.
    private func significant(_ line: Range<Int>) -> Range<Int> {
        func isBlank(_ index: Int) -> Bool { bytes[index] == 9 || bytes[index] == 32 }
        var start = line.lowerBound
        while start < line.upperBound, isBlank(start) { start += 1 }
        var end = start
        while end < line.upperBound {
            if bytes[end] == UInt8(ascii: "#"), end > start, isBlank(end - 1) { break }
            end += 1
        }
        return start..<end
    }

    private mutating func take(_ section: String, _ spelling: String, _ value: String) {
        guard !section.isEmpty else { return note(.noSection(line: line, key: spelling)) }
        guard let known = Self.sections.first(where: { same($0, section) }) else {
            note(
                .unknownSection(
                    line: line, name: section, suggestion: nearest(section, Self.sections)))
            return
        }
        let keys = ConfigurationKey.allCases.filter { same(text($0.section), known) }
        guard let key = keys.first(where: { same(text($0.spelling), spelling) }) else {
            let suggestion = nearest(spelling, keys.map { text($0.spelling) })
            note(
                .unknownKey(line: line, section: section, key: spelling, suggestion: suggestion))
            return
        }
        if given.contains(where: { $0.key == key }) {
            return note(.twice(line: line, key: spelling))
        }
        given.append((key, line))
        if !set(key, value) {
            note(
                .badValue(line: line, key: spelling, value: value, expects: text(key.expects)))
        }
    }

    private static var sections: [String] { ["node", "radio", "mesh", "state", "control"] }

    /// - Returns: Whether the value makes sense.
    private mutating func set(_ key: ConfigurationKey, _ value: String) -> Bool {
        switch key {
        case .name:
            guard let name = Name(value), !name.isEmpty else { return false }
            settings.name = name
        case .device:
            guard hasPrefix(value, "emulator:/") || hasPrefix(value, "spidev:/"),
                value.utf8.count <= 109
            else { return false }
            settings.device = value
        case .chip:
            return choose(&settings.chip, value, RadioChip.allCases.map { ($0.rawValue, $0) })
        case .spiSpeed: return assign(&settings.spiSpeed, Int(value), in: 100_000...16_000_000)
        case .gpioChip: return assign(&settings.gpioChip, word: value)
        case .busyPin: return assign(&settings.busyPin, word: value)
        case .interruptPin: return assign(&settings.interruptPin, word: value)
        case .resetPin: return assign(&settings.resetPin, word: value)
        case .chipSelectPin: return assign(&settings.chipSelectPin, word: value)
        case .transmitEnablePin: return assign(&settings.transmitEnablePin, word: value)
        case .receiveEnablePin: return assign(&settings.receiveEnablePin, word: value)
        case .enablePins: return assign(&settings.enablePins, words: value)
        case .region:
            return setRegion(value)
        case .frequency:
            guard let hertz = Int(value), (137_000_000...1_020_000_000).contains(hertz) else {
                return false
            }
            settings.frequency = hertz
        case .spreadingFactor:
            guard let factor = Int(value).flatMap({ SpreadingFactor(rawValue: $0) }) else {
                return false
            }
            settings.spreadingFactor = factor
        case .bandwidth: return choose(&settings.bandwidth, value, Self.bandwidths)
        case .codingRate: return choose(&settings.codingRate, value, Self.codingRates)
        case .power: return assign(&settings.power, Int(value), in: -9...22)
        case .antennaGain: return assign(&settings.antenna.gain, tenths(value), in: -200...300)
        case .cableLoss: return assign(&settings.antenna.cableLoss, tenths(value), in: 0...300)
        case .tcxo: return choose(&settings.tcxo, value, Self.voltages)
        case .dio2Switch:
            return choose(&settings.dio2Switch, value, [("yes", true), ("no", false)])
        case .beacon: return assign(&settings.beacon, Int(value), in: 2...3_600)
        case .leaveOutAfter:
            return assign(&settings.leaveOutAfter, Int(value), in: 1...3_650)
        case .directory: return assign(&settings.directory, path: value)
        case .keys: return assign(&settings.keys, Int(value), in: 16...20_000)
        case .flush: return assign(&settings.flush, Int(value), in: 0...600)
        case .slowFlush: return assign(&settings.slowFlush, Int(value), in: 1...3_600)
        case .flashBudget: return assign(&settings.flashBudget, Int(value), in: 1...10_000)
        case .socket: return assign(&settings.socket, path: value)
        }
        return true
    }

    /// A plan that comes with the program, or one in a file.
    private mutating func setRegion(_ value: String) -> Bool {
        guard hasPrefix(value, "/") else {
            guard let region = try? Region(named: value) else { return false }
            settings.region = region
            return true
        }
        do throws(ConfigurationError) {
            settings.region = try Settings.region(path: value)
        } catch {
            note(.channel(line: line, sentence: "\(value): \(error.sentence)"))
        }
        return true
    }

    /// A decimal number with at most one digit behind the point.
    private func tenths(_ value: String) -> Int? {
        let parts = value.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard let whole = Int(String(decoding: parts[0], as: UTF8.self)) else { return nil }
        guard parts.count > 1 else { return whole * 10 }
        guard parts.count == 2, parts[1].count == 1, let digit = parts[1].first,
            (0x30...0x39).contains(digit)
        else { return nil }
        let tenth = Int(digit - 0x30)
        return hasPrefix(value, "-") ? whole * 10 - tenth : whole * 10 + tenth
    }

    private static var bandwidths: [(String, Bandwidth)] {
        [("62.5", .khz62), ("125", .khz125), ("250", .khz250), ("500", .khz500)]
    }
    private static var codingRates: [(String, CodingRate)] {
        [("4/5", .rate4of5), ("4/6", .rate4of6), ("4/7", .rate4of7), ("4/8", .rate4of8)]
    }
    private static var voltages: [(String, TCXO.Voltage?)] {
        [
            ("none", nil), ("1.6", .volts1_6), ("1.7", .volts1_7), ("1.8", .volts1_8),
            ("2.2", .volts2_2), ("2.4", .volts2_4), ("2.7", .volts2_7), ("3.0", .volts3_0),
            ("3.3", .volts3_3),
        ]
    }

    private func choose<Value>(
        _ target: inout Value, _ value: String, _ choices: [(String, Value)]
    ) -> Bool {
        guard let choice = choices.first(where: { same($0.0, value) }) else { return false }
        target = choice.1
        return true
    }

    private func assign(_ target: inout Int, _ value: Int?, in range: ClosedRange<Int>) -> Bool {
        guard let value, range.contains(value) else { return false }
        target = value
        return true
    }

    private func assign(_ target: inout String, path: String) -> Bool {
        guard hasPrefix(path, "/"), path.utf8.count <= 100 else { return false }
        target = path
        return true
    }

    /// The kernel's names of GPIO lines and chips have at most 31 bytes; a path is longer.
    private func assign(_ target: inout String?, word: String) -> Bool {
        guard (1...64).contains(word.utf8.count),
            word.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: ",") })
        else { return false }
        target = word
        return true
    }

    private func assign(_ target: inout [String], words: String) -> Bool {
        let parts = words.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard parts.count <= 4 else { return false }
        target = []
        for part in parts {
            let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
            let bytes = Array(part.drop(while: isBlank))
            let size = (bytes.lastIndex { !isBlank($0) } ?? -1) + 1
            var word: String?
            guard assign(&word, word: String(decoding: bytes.prefix(size), as: UTF8.self)),
                let word
            else { return false }
            target.append(word)
        }
        return true
    }

    /// What no single line shows: a radio, its pins, and a channel that the region allows.
    private mutating func checkWhole() {
        guard error == nil else { return }
        for key in Self.needed(settings) where !given.contains(where: { $0.key == key }) {
            return note(
                .missing(
                    section: "radio", key: text(key.spelling), expects: text(key.expects)))
        }
        do throws(RegionError) {
            _ = try settings.subBand()
        } catch {
            let culprit = Self.culprit(error)
            let about =
                given.first { $0.key == culprit }
                ?? given.first { $0.key == .frequency || $0.key == .bandwidth }
            note(.channel(line: about?.line ?? 0, sentence: error.sentence))
        }
    }

    /// What must be given; the kernel's devices say nothing of what is wired where.
    private static func needed(_ settings: Settings) -> [ConfigurationKey] {
        guard let device = settings.device, hasPrefix(device, "spidev:") else { return [.device] }
        return [.gpioChip, .interruptPin, .resetPin] + (settings.chip.hasBusy ? [.busyPin] : [])
    }

    private static func culprit(_ error: RegionError) -> ConfigurationKey {
        switch error {
        case .unknownRegion: .region
        case .outsidePlan: .frequency
        case .bandwidth: .bandwidth
        case .tooStrong, .tooPowerful: .power
        case .tooSlow: .spreadingFactor
        }
    }
}

private func text(_ string: StaticString) -> String { string.description }

/// Compares bytes: string comparison would need Unicode's tables.
private func same(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }

private func hasPrefix(_ text: String, _ prefix: String) -> Bool {
    text.utf8.starts(with: prefix.utf8)
}
