import Base
import LinuxHAL
import LoRa
import Mesh
import TestSupport
import Testing

@testable import Agent

/// The least that a configuration must have.
private let radio = "[radio]\ndevice = emulator:/tmp/a.sock\n"

/// A radio on the kernel's devices, without its pins.
private let spidev = "[radio]\ndevice = spidev:/dev/spidev0.0\n"

private func refusal(_ text: String) -> (line: Int?, sentence: String)? {
    refusal(Array(text.utf8))
}

private func refusal(_ text: [UInt8]) -> (line: Int?, sentence: String)? {
    do throws(ConfigurationError) {
        _ = try ConfigurationReader.read(text)
        return nil
    } catch {
        return (error.line, error.sentence)
    }
}

@Suite struct ConfigurationReaderTests {
    @Test("only the radio's device must be given")
    func defaults() throws {
        let settings = try ConfigurationReader.read(Array(radio.utf8))
        #expect(settings.device == "emulator:/tmp/a.sock")
        #expect(settings.name == nil)
        #expect(settings.frequency == 869_525_000)
        #expect(settings.spreadingFactor == .sf9)
        #expect(settings.bandwidth == .khz125)
        #expect(settings.power == 14)
        #expect(settings.directory == "/var/lib/lichen")
        #expect(settings.socket == "/run/lichen.sock")
    }

    @Test("every key arrives where it belongs")
    func whole() throws {
        let text = """
            [node]
            name = hut-3
            [radio]
            device = emulator:/tmp/a.sock
            region = EU868
            frequency = 868300000
            spreading-factor = 7
            bandwidth = 250
            coding-rate = 4/8
            power = 10
            tcxo = 1.8
            dio2-switch = no
            [mesh]
            beacon = 5
            leave-out-after = 7
            [state]
            directory = /tmp/state
            keys = 16
            flush = 0
            [control]
            socket = /tmp/control
            """
        let settings = try ConfigurationReader.read(Array(text.utf8))
        #expect(settings.name?.text == "hut-3")
        #expect(settings.frequency == 868_300_000)
        #expect(settings.spreadingFactor == .sf7)
        #expect(settings.bandwidth == .khz250)
        #expect(settings.codingRate == .rate4of8)
        #expect(settings.power == 10)
        #expect(settings.tcxo == .volts1_8)
        #expect(!settings.dio2Switch)
        #expect(settings.beacon == 5)
        #expect(settings.leaveOutAfter == 7)
        #expect(settings.node(name: Name()).leaveOutAfter == .seconds(7 * 86_400))
        #expect(settings.directory == "/tmp/state")
        #expect(settings.keys == 16)
        #expect(settings.flush == 0)
        #expect(settings.socket == "/tmp/control")
    }

    @Test("a radio on the kernel's devices is wired as the file says")
    func wiring() throws {
        let text = """
            [radio]
            device = spidev:/dev/spidev0.1
            chip = sx1268
            spi-speed = 8000000
            gpio-chip = pinctrl-bcm2711
            busy-pin = 20
            interrupt-pin = GPIO16
            reset-pin = gpiochip2:18
            chip-select-pin = 21
            transmit-enable-pin = 13
            receive-enable-pin = 12
            enable-pins = 5, gpiochip1:6
            """
        let settings = try ConfigurationReader.read(Array(text.utf8))
        var wiring = SpidevWiring(
            device: "/dev/spidev0.1", chip: "pinctrl-bcm2711", interrupt: "GPIO16",
            reset: "gpiochip2:18")
        wiring.hertz = 8_000_000
        wiring.busy = "20"
        wiring.chipSelect = "21"
        wiring.transmitEnable = "13"
        wiring.receiveEnable = "12"
        wiring.enable = ["5", "gpiochip1:6"]
        #expect(settings.wiring == wiring)
        #expect(settings.chip == .sx1268)
    }

    @Test("a chip without BUSY needs no pin for it, and an emulated one no pins")
    func fewPins() throws {
        let text =
            spidev + "chip = rfm95\ngpio-chip = gpiochip0\ninterrupt-pin = 25\nreset-pin = 22\n"
        let settings = try ConfigurationReader.read(Array(text.utf8))
        #expect(settings.chip == .rfm95)
        #expect(settings.wiring?.busy == nil)
        #expect(settings.wiring?.interrupt == "25")
        #expect(try ConfigurationReader.read(Array(radio.utf8)).wiring == nil)
    }

    @Test(
        "what stands around keys and values does not matter",
        arguments: [
            "[radio]\r\ndevice = emulator:/tmp/a.sock\r\n",
            "[radio]\ndevice = emulator:/tmp/a.sock",
            "\n\n[radio]\n\ndevice=emulator:/tmp/a.sock\n\n",
            "# first\n; second\n[radio]\n# third\ndevice = emulator:/tmp/a.sock\n",
            "[radio]\ndevice = emulator:/tmp/a.sock   # the first chip\n",
            "[radio]\ndevice = emulator:/tmp/a.sock\t; the first chip\n",
            "  [radio]\n  region = EU868\n  device = emulator:/tmp/a.sock\n  [mesh]\n  beacon = 9\n",
            "\u{FEFF}[radio]\ndevice = emulator:/tmp/a.sock\n",
        ])
    func dressing(text: String) throws {
        let settings = try ConfigurationReader.read(Array(text.utf8))
        #expect(settings.device == "emulator:/tmp/a.sock")
    }

    @Test("a '#' inside a word is no comment")
    func hash() throws {
        let text = radio + "[node]\nname = hut#3\n"
        #expect(try ConfigurationReader.read(Array(text.utf8)).name?.text == "hut#3")
    }

    private static let syntax =
        "expected '[section]', 'key = value' or a comment that begins with '#'"

    @Test(
        "each mistake is named with its line",
        arguments: [
            (
                "[radio]\nspreding-factor = 9\n", 2,
                "[radio] has no key 'spreding-factor'; did you mean 'spreading-factor'?"
            ),
            ("[radio]\ncolour = red\n", 2, "[radio] has no key 'colour'"),
            ("[mesh]\ndevice = x\n", 2, "[mesh] has no key 'device'"),
            ("\n# x\n[raido]\nx = 1\n", 4, "there is no section [raido]; did you mean [radio]?"),
            (
                "[weather]\nx = 1\n", 2,
                "there is no section [weather]; sections are [node], [radio], [mesh], [state] and "
                    + "[control]"
            ),
            (
                "name = hut-3\n" + radio, 1,
                "'name' stands before any section; write a line such as [node] above it"
            ),
            (
                "[node]\nname = a\nname = b\n", 3,
                "'name' is given a second time; remove one of the two"
            ),
            ("[node\n", 1, syntax),
            ("[node]\nname\n", 2, syntax),
            ("[node]\nname = a\u{0}b\n" + radio, 2, syntax),
            (
                "[node]\n# \(String(repeating: "x", count: 197))\n", 2,
                "this line has more than 198 bytes; shorten it"
            ),
            (
                radio + "[node]\nname = \(String(repeating: "x", count: 200))\nnonsense\n", 4,
                "this line has more than 198 bytes; shorten it"
            ),
        ] as [(String, Int, String)])
    func mistakes(text: String, line: Int, sentence: String) {
        let refusal = refusal(text)
        #expect(refusal?.line == line)
        #expect(refusal?.sentence == sentence)
    }

    private static let device =
        "'spidev:' and the path of an SPI device, or 'emulator:' and the path of a socket of "
        + "'lichen-sim air'"
    private static let pin =
        "a GPIO line's number or name, behind another chip's name and a colon where needed"
    private static let pins = "GPIO lines with commas between them, at most 4"

    @Test(
        "a value that makes no sense is told what would",
        arguments: [
            ("node", "name", "", "1 to 16 bytes"),
            ("node", "name", "seventeen-letters", "1 to 16 bytes"),
            ("radio", "device", "/dev/spidev0.0", device),
            ("radio", "device", "emulator:air/node-1.sock", device),
            ("radio", "device", "spidev:0.0", device),
            (
                "radio", "chip", "sx1280",
                "sx1261, sx1262, sx1268, llcc68, sx1276, sx1278 or rfm95"
            ),
            ("radio", "spi-speed", "2MHz", "hertz, 100000 to 16000000"),
            (
                "radio", "gpio-chip", "two words",
                "a GPIO chip's label, name or path, as 'gpiodetect' lists them"
            ),
            ("radio", "busy-pin", "", pin),
            ("radio", "interrupt-pin", "16,17", pin),
            ("radio", "reset-pin", String(repeating: "x", count: 65), pin),
            ("radio", "chip-select-pin", "CE 0", pin),
            ("radio", "transmit-enable-pin", "", pin),
            ("radio", "receive-enable-pin", "", pin),
            ("radio", "enable-pins", "1, ,2", pins),
            ("radio", "enable-pins", "1,2,3,4,5", pins),
            (
                "radio", "region", "US916",
                "EU868, EU433, US915, AU915, AS923-1, AS923-2, AS923-3, AS923-4, AS923-JP, IN865, "
                    + "KR920, RU864, or the path of a plan"
            ),
            ("radio", "frequency", "869.525", "hertz, 137000000 to 1020000000"),
            ("radio", "frequency", "99999999999999999999", "hertz, 137000000 to 1020000000"),
            ("radio", "spreading-factor", "13", "5 to 12"),
            ("radio", "spreading-factor", "SF9", "5 to 12"),
            ("radio", "bandwidth", "100", "kHz: 62.5, 125, 250 or 500"),
            ("radio", "coding-rate", "4/9", "4/5, 4/6, 4/7 or 4/8"),
            ("radio", "power", "23", "dBm, -9 to 22"),
            (
                "radio", "tcxo", "3.1",
                "volts: 1.6, 1.7, 1.8, 2.2, 2.4, 2.7, 3.0 or 3.3, or none"
            ),
            ("radio", "dio2-switch", "maybe", "yes or no"),
            ("mesh", "beacon", "1", "seconds, 2 to 3600"),
            ("mesh", "leave-out-after", "0", "days, 1 to 3650"),
            ("state", "directory", "state", "a path of at most 100 bytes, from / on"),
            (
                "state", "directory", "/" + String(repeating: "x", count: 100),
                "a path of at most 100 bytes, from / on"
            ),
            ("state", "keys", "15", "16 to 20000"),
            ("state", "flush", "-1", "seconds, 0 to 600"),
            ("control", "socket", "lichen.sock", "a path of at most 100 bytes, from / on"),
        ])
    func values(section: String, key: String, value: String, expects: String) {
        let refusal = refusal("[\(section)]\n\(key) = \(value)\n")
        #expect(refusal?.line == 2)
        #expect(refusal?.sentence == "'\(key)' cannot be '\(value)'; expected \(expects)")
    }

    @Test("every key of the file has a bad value in this test's table")
    func complete() {
        for key in ConfigurationKey.allCases {
            // A byte that no value may be: what a new key accepts must not be everything.
            let bad = key == .name ? String(repeating: "x", count: 17) : "\u{1}"
            let refusal = refusal("[\(key.section)]\n\(key.spelling) = \(bad)\n")
            #expect(refusal?.sentence.contains("cannot be") == true, "\(key.spelling)")
        }
    }

    @Test(
        "what no single line shows is checked at the end",
        arguments: [
            ("", nil, "[radio] has no 'device'; add it: \(device)"),
            (
                spidev, nil,
                "[radio] has no 'gpio-chip'; add it: a GPIO chip's label, name or path, as "
                    + "'gpiodetect' lists them"
            ),
            (
                spidev + "gpio-chip = gpiochip0\n", nil,
                "[radio] has no 'interrupt-pin'; add it: \(pin)"
            ),
            (
                spidev + "gpio-chip = gpiochip0\ninterrupt-pin = 16\n", nil,
                "[radio] has no 'reset-pin'; add it: \(pin)"
            ),
            (
                spidev + "gpio-chip = gpiochip0\ninterrupt-pin = 16\nreset-pin = 18\n", nil,
                "[radio] has no 'busy-pin'; add it: \(pin)"
            ),
            (
                radio + "frequency = 433000000\n", 3,
                "433000000 Hz with this bandwidth is in no sub-band of EU868 (ERC/REC 70-03, "
                    + "annex 1); 869525000 Hz with 125 kHz is in one"
            ),
            (
                radio + "power = 22\nfrequency = 868300000\n", 3,
                "22 dBm EIRP is above the 16.1 that EU868 allows here (ERC/REC 70-03, annex 1); "
                    + "lower 'power', which counts with 'antenna-gain' and less 'cable-loss'"
            ),
            (
                radio + "power = 14\nfrequency = 868300000\nantenna-gain = 3.5\n"
                    + "cable-loss = 0.5\n", 3,
                "17 dBm EIRP is above the 16.1 that EU868 allows here (ERC/REC 70-03, annex 1); "
                    + "lower 'power', which counts with 'antenna-gain' and less 'cable-loss'"
            ),
            (
                radio + "region = AS923-1\nspreading-factor = 9\n", 4,
                "a frame of 212 bytes is longer than the 400 ms that AS923-1 allows here (LoRaWAN "
                    + "RP002-1.0.4, AS923); lower 'spreading-factor', or raise 'bandwidth'"
            ),
            (
                radio + "region = /nowhere/plan.ini\n", 3,
                "/nowhere/plan.ini: there is no such file; write one, or name another with --config"
            ),
            (
                radio + "bandwidth = 500\n", 3,
                "869525000 Hz with this bandwidth is in no sub-band of EU868 (ERC/REC 70-03, "
                    + "annex 1); 869525000 Hz with 125 kHz is in one"
            ),
        ] as [(String, Int?, String)])
    func whole(text: String, line: Int?, sentence: String) {
        let refusal = refusal(text)
        #expect(refusal?.line == line)
        #expect(refusal?.sentence == sentence)
    }

    @Test("of several mistakes the first is told")
    func first() {
        #expect(refusal("[radio]\npower = x\ndevise = y\n[foo]\n")?.line == 2)
        #expect(refusal("nonsense\n[radio]\npower = x\n")?.line == 1)
    }

    // Method: bytes of chance, and a good file with some bytes changed. It returns; what is refused
    // has a line that exists and one sentence.
    @Test("whatever the bytes, the reader answers", arguments: Seed.slice(50))
    func hostile(seed: Seed) {
        var dice = Dice(seed)
        for _ in 0..<40 {
            var text: [UInt8]
            if dice.roll(0..<2) == 0 {
                text = (0..<dice.roll(0..<600)).map { _ in UInt8(dice.roll(0..<256)) }
            } else {
                text = Array((radio + "[node]\nname = a\n[mesh]\nbeacon = 5\n").utf8)
                for _ in 0..<dice.roll(1..<6) {
                    text[dice.roll(0..<text.count)] = UInt8(dice.roll(0..<256))
                }
            }
            guard let refusal = refusal(text) else { continue }
            let lines = text.split(separator: 10, omittingEmptySubsequences: false).count
            #expect(refusal.line.map { (1...lines).contains($0) } ?? true, "SEED=\(seed)")
            #expect(!refusal.sentence.isEmpty)
        }
    }
}
