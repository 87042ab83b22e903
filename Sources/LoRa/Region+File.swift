/// A region's plan as text.
///
///     [region]
///     name = EU868
///     default = 869525000            Hz
///     rule = ERC/REC 70-03, annex 1
///
///     [band h1.6]                    one or more; the name is for readers
///     edges = 869400000-869650000    Hz
///     eirp = 29.1                    dBm
///     duty-cycle = 10 %              of any hour; without it there is no limit
///     dwell = 400 ms                 the longest frame
///     bandwidth = 500000-500000      Hz; all unless said
///     power = 30                     dBm at the antenna's plug
///     listen-before-talk = -80 dBm for 5 ms
///
/// Lines that begin with `;` or `#` are for readers.
extension Region {
    /// The most bands of a plan.
    static var mostBands: Int { 64 }

    /// Reads a plan. Total: any bytes give a region or a named error.
    public init(reading text: Span<UInt8>) throws(RegionFileError) {
        var file = RegionFile()
        var number = 0
        var start = 0
        while start < text.count {
            var end = start
            while end < text.count, text[end] != UInt8(ascii: "\n") { end += 1 }
            number += 1
            try file.take(PlanLine(text.extracting(start..<end), number: number))
            start = end + 1
        }
        self = try file.finish(line: number)
    }
}

/// What of a plan was read so far.
private struct RegionFile {
    private enum Section { case none, region, band }

    private var section = Section.none
    private var name: String?
    private var rule: String?
    private var defaultFrequency: Int?
    private var edges: ClosedRange<Int>?
    private var eirp: Int?
    private var band = SubBand(edges: 0...0, budget: .seconds(3_600), maximumEIRP: 0)
    private var bands: [SubBand] = []

    mutating func take(_ line: PlanLine) throws(RegionFileError) {
        switch try line.content() {
        case .nothing: break
        case .section(let title):
            try endSection(line: line.number)
            if title.utf8.elementsEqual("region".utf8) {
                section = .region
            } else if title.utf8.starts(with: "band".utf8) {
                section = .band
            } else {
                throw .unknownLine(line: line.number)
            }
        case .entry(let key, let value):
            switch section {
            case .none: throw .unknownLine(line: line.number)
            case .region: try takeRegion(key, value, line.number)
            case .band: try takeBand(key, value, line.number)
            }
        }
    }

    private mutating func takeRegion(
        _ key: String, _ value: PlanValue, _ line: Int
    ) throws(RegionFileError) {
        if key.utf8.elementsEqual("name".utf8) {
            name = value.text
        } else if key.utf8.elementsEqual("rule".utf8) {
            rule = value.text
        } else if key.utf8.elementsEqual("default".utf8) {
            guard let hertz = value.frequency else {
                throw .badValue(line: line, key: key, expects: "a frequency in hertz")
            }
            defaultFrequency = hertz
        } else {
            throw .unknownKey(line: line, key: key)
        }
    }

    private mutating func takeBand(
        _ key: String, _ value: PlanValue, _ line: Int
    ) throws(RegionFileError) {
        if key.utf8.elementsEqual("edges".utf8) {
            guard let range = value.frequencies else {
                throw .badValue(line: line, key: key, expects: "two frequencies in hertz, 'a-b'")
            }
            edges = range
        } else if key.utf8.elementsEqual("bandwidth".utf8) {
            guard let range = value.frequencies else {
                throw .badValue(line: line, key: key, expects: "two bandwidths in hertz, 'a-b'")
            }
            band.bandwidths = range
        } else if key.utf8.elementsEqual("duty-cycle".utf8) {
            guard let share = value.tenths(unit: "%"), (1...1_000).contains(share) else {
                throw .badValue(line: line, key: key, expects: "0.1 to 100 %")
            }
            band.budget = .milliseconds(3_600 * share)
        } else if key.utf8.elementsEqual("dwell".utf8) {
            guard let milliseconds = value.whole(unit: "ms"), (1...60_000).contains(milliseconds)
            else { throw .badValue(line: line, key: key, expects: "1 to 60000 ms") }
            band.dwell = .milliseconds(milliseconds)
        } else if key.utf8.elementsEqual("eirp".utf8) {
            guard let power = value.tenths(unit: ""), (-300...500).contains(power) else {
                throw .badValue(line: line, key: key, expects: "-30 to 50 dBm")
            }
            eirp = power
        } else if key.utf8.elementsEqual("power".utf8) {
            guard let power = value.tenths(unit: ""), (-300...500).contains(power) else {
                throw .badValue(line: line, key: key, expects: "-30 to 50 dBm")
            }
            band.maximumPower = power
        } else if key.utf8.elementsEqual("listen-before-talk".utf8) {
            guard let rule = value.listenBeforeTalk else {
                throw .badValue(
                    line: line, key: key, expects: "'-80 dBm for 5 ms' or another level")
            }
            band.listenBeforeTalk = rule
        } else {
            throw .unknownKey(line: line, key: key)
        }
    }

    private mutating func endSection(line: Int) throws(RegionFileError) {
        guard section == .band else { return }
        guard let edges else { throw .missing(line: line, key: "edges") }
        guard let eirp else { throw .missing(line: line, key: "eirp") }
        guard bands.count < Region.mostBands else { throw .tooManyBands(line: line) }
        band.edges = edges
        band.maximumEIRP = eirp
        bands.append(band)
        self.edges = nil
        self.eirp = nil
        band = SubBand(edges: 0...0, budget: .seconds(3_600), maximumEIRP: 0)
    }

    mutating func finish(line: Int) throws(RegionFileError) -> Region {
        try endSection(line: line)
        guard let name else { throw .missing(line: line, key: "name") }
        guard let rule else { throw .missing(line: line, key: "rule") }
        guard let defaultFrequency else { throw .missing(line: line, key: "default") }
        guard !bands.isEmpty else { throw .missing(line: line, key: "edges") }
        return Region(
            name: name, rule: rule, defaultFrequency: defaultFrequency, subBands: bands)
    }
}
