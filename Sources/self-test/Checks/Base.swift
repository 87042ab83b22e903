import Base

func checkBase(_ report: inout Report) {
    report.group("Instant", checkInstant)
    report.group("varint", checkVarint)
    report.group("bytes", checkLittleEndian)
    report.group("ShortBytes", checkShortBytes)
    report.group("FixedBytes", checkFixedBytes)
    report.group("Dice", checkDice)
    report.group("Slab", checkSlab)
    report.group("Effects", checkEffects)
    report.group("FramePool", checkFramePool)
}

private func checkInstant(_ group: inout Group) {
    let moment = Instant.start + .microseconds(1_234_567)
    group.expect(moment.microseconds == 1_234_567, "microseconds come back")
    group.expect(moment.milliseconds == 1_234, "milliseconds are rounded down")
    group.expect(moment - Instant.start == .microseconds(1_234_567), "moments differ by durations")
    group.expect(moment - .seconds(1) < moment, "earlier is less")
    group.expect(moment < Instant.distantFuture, "the distant future is later")
    group.note("ms", (moment + .seconds(86_400 * 365)).milliseconds)
    group.note("future", Instant.distantFuture.microseconds)
}

/// Numbers at both sides of every 7-bit border.
private func checkVarint(_ group: inout Group) {
    var fingerprint = Fingerprint()
    var frames = FramePool(capacity: 1)
    guard let slot = frames.take() else { return group.expect(false, "a new pool has a slot") }
    for bits in 0...64 {
        let border: UInt64 = bits == 64 ? .max : 1 << UInt64(bits)
        for value in [border &- 1, border, border | 1] {
            frames.fill(slot) { out in out.append(varint: value) }
            group.expect(frames.size(of: slot) == varintSize(value), "sizes are foretold")
            fingerprint.add(frames.bytes(of: slot))
            var reader = ByteReader(frames.bytes(of: slot))
            group.expect((try? reader.varint()) == value, "numbers come back")
            group.expect(reader.isAtEnd, "nothing is left")
        }
    }
    frames.fill(slot) { out in for _ in 0..<11 { out.append(0xFF) } }
    var reader = ByteReader(frames.bytes(of: slot))
    group.expect((try? reader.varint()) == nil, "what does not fit 64 bits is refused")
    frames.fill(slot) { out in out.append(0x80) }
    reader = ByteReader(frames.bytes(of: slot))
    group.expect((try? reader.varint()) == nil, "a truncated number is refused")
    group.note("bytes", fingerprint)
}

private func checkLittleEndian(_ group: inout Group) {
    var fingerprint = Fingerprint()
    var frames = FramePool(capacity: 1)
    guard let slot = frames.take() else { return group.expect(false, "a new pool has a slot") }
    let value: UInt64 = 0xF0E1_D2C3_B4A5_9687
    for size in 1...8 {
        frames.fill(slot) { out in out.append(littleEndian: value, size: size) }
        fingerprint.add(frames.bytes(of: slot))
        var reader = ByteReader(frames.bytes(of: slot))
        let kept = size == 8 ? value : value & (1 << UInt64(8 * size) - 1)
        group.expect((try? reader.littleEndian(size: size)) == kept, "low bytes come back")
        group.expect((try? reader.byte()) == nil, "reading past the end is refused")
    }
    group.note("bytes", fingerprint)
}

private func checkShortBytes(_ group: inout Group) {
    guard let hut = ShortBytes<8>("hut-3"), let hat = ShortBytes<8>("hat") else {
        return group.expect(false, "short texts fit")
    }
    group.expect(hut.text == "hut-3" && hut.count == 5, "text comes back")
    group.expect(hat < hut && hat != hut, "order is that of the bytes")
    group.expect(ShortBytes<8>("ü hat ß!") == nil, "ten bytes do not fit eight")
    var full = hut
    for byte in "---".utf8 { full.append(byte) }
    group.expect(full.count == 8 && hut < full, "a prefix comes first")
    group.note("text", full.text)
}

private func checkFixedBytes(_ group: inout Group) {
    var bytes = FixedBytes<32>()
    for index in 0..<32 { bytes[index] = UInt8(index * 7) }
    var fingerprint = Fingerprint()
    fingerprint.add(bytes.span)
    group.expect(bytes != FixedBytes<32>(), "bytes that differ are not equal")
    group.note("bytes", fingerprint)
}

/// The first numbers are those that SplitMix64's authors publish for this seed.
private func checkDice(_ group: inout Group) {
    var published = Dice(seed: 1_234_567)
    let numbers: [UInt64] = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]
    for number in numbers { group.expect(published.next() == number, "SplitMix64 as published") }

    var dice = Dice(seed: 3)
    var rolls = Fingerprint()
    for limit in 1...200 {
        let roll = dice.roll(0..<limit)
        group.expect((0..<limit).contains(roll), "a roll is in its range")
        rolls.add(UInt64(roll))
    }
    var fallen = Slab(repeating: 0, count: 6)
    for _ in 0..<6_000 { fallen[dice.roll(0..<6)] += 1 }
    for face in fallen.indices {
        group.expect((850...1_150).contains(fallen[face]), "every face falls as often")
    }
    let wait = dice.roll(upTo: .milliseconds(40))
    group.expect(wait >= .zero && wait <= .milliseconds(40), "a wait is in its range")
    var part = dice.split()
    group.expect(part.next() != dice.next(), "split dice fall differently")
    group.note("rolls", rolls)
    group.note("wait", wait.wholeMicroseconds)
}

private func checkSlab(_ group: inout Group) {
    var slab = Slab(repeating: 0, count: 16)
    for index in slab.indices { slab[index] = index * index }
    slab.swapAt(2, 15)
    var copy = Slab(repeating: -1, count: 16)
    copy.copy(from: slab)
    slab[0] = 1_000
    group.expect(copy[0] == 0 && copy[2] == 225 && copy[15] == 4, "a copy is its own")
    var fingerprint = Fingerprint()
    for index in copy.indices { fingerprint.add(UInt64(copy[index])) }
    group.expect(copy.span.count == 16, "a span shows all elements")
    group.note("squares", fingerprint)

    // Elements that own memory: counted, released, replaced.
    var texts = Slab(repeating: "a text longer than fits in place", count: 3)
    texts[1] = texts[0] + ", grown"
    texts[0] = ""
    group.expect(texts[2].utf8.count == 32 && texts[1].utf8.count == 39, "texts are kept apart")
}

private func checkEffects(_ group: inout Group) {
    var effects = Effects<Int>(capacity: 4)
    var out = Fingerprint()
    for round in 0..<10 {
        for index in 0..<3 { effects.append(3 * round + index) }
        for index in 0..<3 {
            let effect = effects.popFirst()
            group.expect(effect == 3 * round + index, "first in, first out")
            out.add(UInt64(effect ?? 0))
        }
    }
    group.expect(effects.isEmpty && effects.popFirst() == nil, "nothing is left")
    group.note("order", out)
}

private func checkFramePool(_ group: inout Group) {
    var pool = FramePool(capacity: 2)
    guard let first = pool.take(), let second = pool.take() else {
        return group.expect(false, "a pool of two gives two")
    }
    group.expect(pool.take() == nil && pool.free == 0, "and no more")
    pool.fill(first) { out in for byte in 0..<255 { out.append(UInt8(byte)) } }
    pool.fill(second) { out in out.append(7) }
    group.expect(pool.size(of: first) == 255 && pool.size(of: second) == 1, "sizes are kept")
    var bytes = Fingerprint()
    bytes.add(pool.bytes(of: first))
    bytes.add(pool.bytes(of: second))
    pool.release(first)
    group.expect(pool.take() == first, "a slot that was given back is taken again")
    group.expect(pool.size(of: first) == 0, "and is empty")
    group.note("bytes", bytes)
}
