/// The choice that somebody who typed `word` most likely meant: at most three letters away, and
/// fewer than half of its own.
public func nearest(_ word: String, _ choices: [String]) -> String? {
    var best: String?
    var least = 4
    for choice in choices {
        let distance = editDistance(Array(word.utf8), Array(choice.utf8))
        if distance < least, distance * 2 < choice.utf8.count {
            best = choice
            least = distance
        }
    }
    return best
}

/// Levenshtein's distance: insertions, deletions and replacements.
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    guard a.count <= 64, b.count <= 64 else { return .max }
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, y) in b.enumerated() {
            let replaced = diagonal + (x == y ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(replaced, diagonal + 1, row[j] + 1)
        }
    }
    return row[b.count]
}
