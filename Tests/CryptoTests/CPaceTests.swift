import Base
import Testing
import TestSupport

@testable import Crypto

/// Vectors of draft-irtf-cfrg-cpace-21, appendix B.3.
@Suite struct CPaceTests {
    private let session = FixedBytes<16>(bytes(hex: "7e4b4791d6a8ef019b936c79fb7f2c57").span)!
    private let password = Array("Password".utf8)
    private let channel = bytes(hex: "0a41696e69746961746f720a42726573706f6e646572")
    private let ya = "da3d23700a9e5699258aef94dc060dfda5ebb61f02a5ea77fad53f4ff0976d08"
    private let yb = "d2316b454718c35362d83d69df6320f38578ed5984651435e2949762d900b80d"
    private let shareA = "383a85dd236978f17f8c8545b50dabc52a39fcdab2cf8bc531ce040ff77ca82d"
    private let shareB = "a6206309c0e8e5f579295e35997ac4300ab3fecec3c17f7b604f3e698fa1383c"

    init() { #expect(Sodium.start()) }

    private func run(_ scalar: String) -> CPace {
        CPace(
            password: password.span, channel: channel.span, session: session,
            scalar: FixedBytes<32>(bytes(hex: scalar).span)!)
    }

    @Test("generator") func generator() {
        let point = CPace.generator(
            password: password.span, channel: channel.span, session: session)
        #expect(
            Array(point.span)
                == bytes(hex: "5e25411ca1ad7c9debfd0b33ad987a95cefef2d3f15dcc8bd26415a5dfe2e15a"))
    }

    @Test("shares, and the session key of both sides")
    func exchange() {
        let a = run(ya)
        let b = run(yb)
        #expect(Array(a.share.span) == bytes(hex: shareA))
        #expect(Array(b.share.span) == bytes(hex: shareB))
        let point = CPace.multiply(FixedBytes<32>(bytes(hex: ya).span)!, b.share)!
        #expect(
            Array(point.span)
                == bytes(hex: "fa1d0318864e2cacb26875f1b791c9ae83204fe8359addb53e95a2e98893853f"))
        let key = a.intermediateSessionKey(
            point: point, initiator: a.share, responder: b.share, initiatorData: "ADa",
            responderData: "ADb")
        #expect(
            Array(key.span)
                == bytes(
                    hex: """
                        e91ccb2c0f5e0d0993a33956e3be59754f3f2b07db57631f5394452e
                        a2e7b4354674eb1f5686c078462bf83bec72e8743df440108e638f35
                        26d9b90e85be096f
                        """))
        let secret = a.secret(with: b.share, isInitiator: true)
        #expect(secret?.bytes == b.secret(with: a.share, isInitiator: false)?.bytes)
        #expect(secret != nil)
    }

    @Test("invalid points and the neutral element are refused")
    func invalid() {
        let scalar = FixedBytes<32>(
            bytes(hex: "7cd0e075fa7955ba52c02759a6c90dbbfc10e6d40aea8d283e407d88cf538a05").span)!
        let invalid = CPace.Share(
            bytes(hex: "2b3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c").span)!
        #expect(CPace.multiply(scalar, invalid) == nil)
        #expect(CPace.multiply(scalar, CPace.Share()) == nil)
        #expect(run(ya).secret(with: CPace.Share(), isInitiator: true) == nil)
    }

    @Test("another password, another secret")
    func wrongPassword() {
        var entropy = Entropy(seed: FixedBytes<32>(repeating: 3))
        let a = CPace(
            password: Array("one".utf8).span, channel: channel.span, session: session,
            entropy: &entropy)
        let b = CPace(
            password: Array("two".utf8).span, channel: channel.span, session: session,
            entropy: &entropy)
        #expect(
            a.secret(with: b.share, isInitiator: true)?.bytes
                != b.secret(with: a.share, isInitiator: false)?.bytes)
    }
}

@Suite struct PairingCodeTests {
    @Test("what is printed can be typed, in any case and grouping", arguments: Seed.slice(50))
    func roundTrip(seed: Seed) throws {
        var entropy = Entropy(
            seed: FixedBytes<32>(repeating: UInt8(truncatingIfNeeded: seed.number)))
        let code = PairingCode(entropy: &entropy)
        #expect(try PairingCode(typed: code.text) == code)
        #expect(try PairingCode(typed: code.text.lowercased()) == code)
        #expect(
            try PairingCode(typed: code.text.filter { $0 != "-" }.map { "\($0) " }.joined())
                == code)
        #expect(PairingCode(bytes: code.password.span) == code)
    }

    @Test(
        "every single wrong character and every exchange of neighbours is noticed",
        arguments: Seed.slice(5))
    func typos(seed: Seed) throws {
        var entropy = Entropy(
            seed: FixedBytes<32>(repeating: UInt8(truncatingIfNeeded: seed.number)))
        let letters = Array(PairingCode(entropy: &entropy).text.filter { $0 != "-" })
        for place in letters.indices {
            for wrong in "0123456789ABCDEFGHJKMNPQRSTVWXYZ" where wrong != letters[place] {
                var typed = letters
                typed[place] = wrong
                #expect(throws: PairingCodeError.checkFailed) {
                    try PairingCode(typed: String(typed))
                }
            }
            if place > 0, letters[place] != letters[place - 1] {
                var typed = letters
                typed.swapAt(place, place - 1)
                #expect(throws: PairingCodeError.checkFailed) {
                    try PairingCode(typed: String(typed))
                }
            }
        }
    }

    @Test("what is no code gets a named error")
    func errors() {
        #expect(throws: PairingCodeError.wrongLength(3)) { try PairingCode(typed: "ABC") }
        #expect(throws: PairingCodeError.wrongLength(0)) { try PairingCode(typed: "") }
        #expect(throws: PairingCodeError.strangeCharacter("U")) {
            try PairingCode(typed: "ABCU-ABCD-ABCD")
        }
        #expect(throws: PairingCodeError.strangeCharacter("é")) {
            try PairingCode(typed: "é")
        }
    }
}
