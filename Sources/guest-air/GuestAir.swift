import Base
import CCuse
import CLinux
import Emulation
import LinuxHAL

/// Runs inside the arm64 guest of the tests, beside unmodified agents.
///
///     guest-air serve SPI CHIP BASE MODEL [SPI CHIP BASE MODEL …]
///     guest-air check i2c|gpio|spi|tty|user
///     guest-air store DIRECTORY
///     guest-air end STATUS
///
/// `serve` puts emulated radios behind the kernel's own devices: /dev/SPI, and the lines of the
/// gpio-sim chip whose folder in sysfs is CHIP and whose first global number is BASE; and a chip
/// with registers at /dev/i2c-1. MODEL is a radio that `Emulation` knows, such as sx1262. `check` tries `LinuxHAL` on them. `store` makes a store
/// in a directory and tries it. `end` ends the virtual machine.
@main
struct GuestAir {
    static func main() {
        lichen_report_traps()
        let words = arguments()
        switch words.first ?? "" {
        case "serve": serve(Array(words.dropFirst()))
        case "check": exit(Checks.run(words.count > 1 ? words[1] : "") ? 0 : 1)
        case "store": exit(StoreTrial.run(in: words.count > 1 ? words[1] : "/tmp") ? 0 : 1)
        case "end":
            guest_end(words.count > 1 ? Int32(words[1]) ?? 1 : 1)
            fail("there is no virtual machine to be ended")
        default: fail("say what: serve, check, store or end")
        }
    }

    private static func serve(_ words: [String]) {
        guard !words.isEmpty, words.count % 4 == 0 else { fail("serve SPI CHIP BASE MODEL …") }
        // As a chip does, it goes on while its host's processor has something else to do.
        guard guest_take_precedence() == 0 else { fail("precedence: errno \(lichen_errno())") }
        do throws(SystemError) {
            let service = try AirService(
                stride(from: 0, to: words.count, by: 4).map { place(words[$0..<$0 + 4]) })
            say("serving")
            try service.run()
        } catch {
            fail(error.sentence)
        }
    }

    private static func place(_ words: ArraySlice<String>) -> GuestRadio.Place {
        let words = Array(words)
        guard let base = Int(words[2]), let model = ChipModel(rawValue: words[3]) else {
            fail("no place: \(words[2]) \(words[3])")
        }
        return GuestRadio.Place(spi: words[0], chip: words[1], base: base, model: model)
    }

    private static func arguments() -> [String] {
        (1..<Int(max(1, lichen_argc()))).map { unsafe String(cString: lichen_argv()![$0]!) }
    }
}

/// One line on standard output, at once.
func say(_ line: String) {
    var bytes = Array(line.utf8)
    bytes.append(10)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
}

/// Says what is wrong, and ends.
func fail(_ line: String) -> Never {
    say("guest-air: \(line)")
    exit(1)
}

/// Writes a word to a file of the kernel.
func put(_ word: String, into path: String) {
    let raw = unsafe path.withCString { unsafe lichen_open_write($0) }
    guard raw >= 0 else { fail("\(path): \(text(ofError: lichen_errno()))") }
    let file = FileDescriptor(owning: raw)
    let bytes = Array(word.utf8)
    let count = unsafe bytes.withUnsafeBytes { unsafe write(file.raw, $0.baseAddress, $0.count) }
    if count != bytes.count { fail("\(path): \(text(ofError: lichen_errno()))") }
}
