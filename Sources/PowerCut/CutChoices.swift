import Base

extension CutDisk {
    /// Images of this moment: all that may be missing is there; nothing of it; all but one page, and
    /// one page alone; random subsets; one page torn between sectors; every beginning of the journal.
    ///
    /// - Parameter effort: How many images of each random kind, and of each kind of one page.
    func images(effort: Int, dice: inout Dice) -> [CutImage] {
        var images: [CutImage] = []
        for steps in 0...journal.count {
            let names = names(afterSteps: steps)
            let isLast = steps == journal.count
            let pending = names.sorted { $0.key < $1.key }.flatMap { name, file in
                file.pending.sorted().map { PageName(file: name, index: $0) }
            }
            let suffix = isLast ? "" : ", names as \(journal.count - steps) steps ago"
            images.append(image(names, "all of it" + suffix) { _, versions in versions.count - 1 })
            guard !pending.isEmpty else { continue }
            images.append(image(names, "nothing of it" + suffix, isWholeSize: false) { _, _ in 0 })
            images.append(image(names, "nothing but sizes" + suffix) { _, _ in 0 })
            guard isLast || steps == 0 else { continue }
            for page in Self.some(pending, effort, &dice) {
                images.append(
                    image(names, "all but \(page)" + suffix) { $0 == page ? 0 : $1.count - 1 })
            }
            for page in Self.some(pending, effort, &dice) where pending.count > 1 {
                images.append(
                    image(names, "\(page) alone" + suffix, isWholeSize: false) {
                        $0 == page ? $1.count - 1 : 0
                    })
            }
            for _ in 0..<effort where pending.count > 1 {
                var own = dice.split()
                images.append(
                    image(names, "some of it" + suffix, isWholeSize: dice.roll(0..<2) == 0) {
                        own.roll(0..<$1.count)
                    })
            }
            for page in Self.some(pending, effort, &dice) {
                images.append(torn(page, names, suffix, &dice))
            }
        }
        return images
    }

    private struct PageName: Equatable, CustomStringConvertible {
        let file: String
        let index: Int
        var description: String { "page \(index) of \(file)" }
    }

    private func image(
        _ names: [String: CutFile], _ description: String, isWholeSize: Bool = true,
        version: (PageName, [PageContent]) -> Int
    ) -> CutImage {
        CutImage(names: names, isWholeSize: isWholeSize, description: description) {
            $2[version(PageName(file: $0, index: $1), $2)]
        }
    }

    /// One page is of two versions; the others are all there, or are not.
    private func torn(
        _ page: PageName, _ names: [String: CutFile], _ suffix: String, _ dice: inout Dice
    ) -> CutImage {
        let sectors = dice.roll(1..<255)
        let others = dice.roll(0..<3)
        var own = dice.split()
        return CutImage(
            names: names, isWholeSize: others != 1,
            description: "\(page) torn, \(["all", "none", "some"][others]) of the others" + suffix,
            isTorn: true
        ) { file, index, versions in
            let last = versions.count - 1
            if PageName(file: file, index: index) == page {
                return versions[last].torn(with: versions[own.roll(0..<last)], sectors: sectors)
            }
            return versions[others == 0 ? last : others == 1 ? 0 : own.roll(0..<versions.count)]
        }
    }

    private static func some(_ pages: [PageName], _ count: Int, _ dice: inout Dice) -> [PageName] {
        pages.count <= count ? pages : Array(pages.shuffled(using: &dice).prefix(count))
    }
}
