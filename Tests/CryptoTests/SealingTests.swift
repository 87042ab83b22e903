import Base
import Testing
import TestSupport

@testable import Crypto

@Suite struct SealingTests {
    private let key = SecretKey(
        FixedBytes<32>(
            bytes(hex: "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f").span)!)
    private let nonce = FixedBytes<12>(bytes(hex: "070000004041424344454647").span)!
    private let associated = bytes(hex: "50515253c0c1c2c3c4c5c6c7")
    private let text = Array(
        ("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
            + "future, sunscreen would be it.").utf8)

    init() { #expect(Sodium.start()) }

    @Test("RFC 8439 §2.8.2, the whole AEAD")
    func vector() {
        var sealed = text
        var span = sealed.mutableSpan
        let tag = key.seal(&span, associated: associated.span, nonce: nonce)
        #expect(Array(tag.span) == bytes(hex: "1ae10b594f09e26a7e902ecbd0600691"))
        #expect(
            sealed.prefix(32)
                == bytes(hex: "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6")[
                    ...])
    }

    @Test("a shortened tag opens what was sealed, and nothing that was changed")
    func shortTag() {
        var sealed = text
        var span = sealed.mutableSpan
        let tag = key.seal(&span, associated: associated.span, counter: 7)
        for bit in 0..<(sealed.count * 8) where bit % 37 == 0 {
            var forged = sealed
            forged[bit / 8] ^= 1 << (bit % 8)
            let before = forged
            var forgedSpan = forged.mutableSpan
            #expect(
                !key.open(
                    &forgedSpan, associated: associated.span, counter: 7,
                    tag: tag.span.extracting(0..<8)))
            #expect(forged == before, "nothing is decrypted before it is verified")
        }
        var opened = sealed
        var openedSpan = opened.mutableSpan
        #expect(
            key.open(
                &openedSpan, associated: associated.span, counter: 7,
                tag: tag.span.extracting(0..<8)))
        #expect(opened == text)
    }

    @Test("tag, counter and associated data all count; fewer than 8 bytes of tag never do")
    func everythingCounts() {
        var sealed = text
        var span = sealed.mutableSpan
        let tag = key.seal(&span, associated: associated.span, counter: 7)
        func opens(_ associated: [UInt8], _ counter: UInt64, _ tag: [UInt8]) -> Bool {
            var copy = sealed
            var span = copy.mutableSpan
            return key.open(&span, associated: associated.span, counter: counter, tag: tag.span)
        }
        let short = Array(tag.span.extracting(0..<8))
        #expect(opens(associated, 7, short))
        #expect(!opens(associated, 8, short))
        #expect(!opens([], 7, short))
        #expect(!opens(associated, 7, Array(short.dropLast())))
        #expect(!opens(associated, 7, []))
        #expect(!opens(associated, 7, short.dropLast() + [short[7] ^ 1]))
    }

    @Test("no two purposes and no two contexts share a key")
    func derivation() {
        let purposes: [KeyPurpose] = [
            .frames, .headHash, .pairingOffer, .pairingWelcome, .pairingReceipt,
        ]
        var seen: Set<[UInt8]> = []
        for purpose in purposes {
            for context in [UInt64(0), 1, 256, 1 << 32] {
                seen.insert(Array(key.derive(purpose, context: context).bytes.span))
            }
        }
        #expect(seen.count == purposes.count * 4)
    }
}

@Suite struct EntropyTests {
    @Test("the same seed gives the same bytes, and no draw repeats another")
    func draws() {
        var a = Entropy(seed: FixedBytes<32>(repeating: 1))
        var b = Entropy(seed: FixedBytes<32>(repeating: 1))
        var seen: Set<[UInt8]> = []
        for _ in 0..<100 {
            let x: FixedBytes<32> = a.bytes()
            let y: FixedBytes<32> = b.bytes()
            #expect(x == y)
            seen.insert(Array(x.span))
        }
        #expect(seen.count == 100)
    }
}

@Suite struct CounterBlockTests {
    @Test("every counter is given once, in order, and only when reserved")
    func order() {
        var block = CounterBlock(reserved: 5..<5)
        #expect(block.take() == nil)
        var taken: [UInt64] = []
        for _ in 0..<3 {
            block.extend(by: block.next(size: 4))
            while let counter = block.take() { taken.append(counter) }
        }
        #expect(taken == Array(5..<17))
    }
}

@Suite struct SipHashTests {
    @Test("SipHash-2-4, the paper's appendix A key with 16 bytes of input")
    func vector() {
        // Reference output for the 16-byte message 00…0f: vectors_sip64[16], lowest byte first.
        var key = FixedBytes<16>()
        for index in 0..<16 { key[index] = UInt8(index) }
        let hash = ShortHash(key: key).hash(0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908)
        #expect(hash == 0x3F2A_CC7F_57C2_9BDB)
    }
}
