/// Why a region's file was refused.
public enum RegionFileError: Error {
    case notText(line: Int)
    case unknownLine(line: Int)
    case unknownKey(line: Int, key: String)
    case badValue(line: Int, key: String, expects: StaticString)
    /// A section ended without a key it must have: the line it ended in.
    case missing(line: Int, key: StaticString)
    case tooManyBands(line: Int)

    /// Where, what, and what to do about it.
    public var sentence: String {
        switch self {
        case .notText(let line): "line \(line): not UTF-8 text; is this a region's plan?"
        case .unknownLine(let line):
            "line \(line): expected [region], [band NAME] or 'key = value'; "
                + "the files in radio/regions are examples"
        case .unknownKey(let line, let key):
            "line \(line): there is no key '\(key)' here; the files in radio/regions are examples"
        case .badValue(let line, let key, let expects):
            "line \(line): '\(key)' expects \(expects)"
        case .missing(let line, let key):
            "line \(line): the section that ends here has no '\(key)'; add it"
        case .tooManyBands(let line):
            "line \(line): more than \(Region.mostBands) bands; join those that have one rule"
        }
    }
}
