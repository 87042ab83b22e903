import TestSupport
import Testing

/// The unmodified arm64 build on spidev, gpiochip and i2c-dev of the kernel that boards run.
@Suite(.enabled(if: Build.deviceBuildsAreFresh, "\(Build.hint)"))
struct GuestTests {
    // Method: an I2C chip, SPI radios and GPIO lines that the guest's other side serves; some lines
    // have other owners, and in the end the user is not root.
    @Test("the kernel's devices do what LinuxHAL says, and refusals are told with their reason")
    func devices() async throws {
        let outcome = try await Guest.play("devices")
        #expect(outcome.ending == Guest.success, "\(outcome)")
        #expect(outcome.lines == expected, "\(outcome)")
    }

    // Method: three agents, each seeing one of the boards: an SX1262, another one whose chip select
    // the agent moves, and an RFM95. The program behind their radios' devices dies in the middle of
    // a transaction, and another one takes its place.
    @Test("agents pair, share state, lose their radios and find them again; twice the same")
    func mesh() async throws {
        async let first = Guest.play("mesh")
        async let second = Guest.play("mesh")
        let outcomes = try await [first, second]
        let outcome = outcomes[0]
        #expect(outcome.ending == Guest.success, "\(outcome)")
        for line in [
            "Node 2 is a member now.", "Node 3 is a member now.",
            "guest: all have what node 0 wrote", "guest: all have what node 1 wrote",
            "guest: all have what node 2 wrote",
            "guest: all have lost their radios, and take writes",
            "guest: all have what node 0 wrote meanwhile",
            "mesh    valley, node 1; 2 of 2 others heard in the last hour",
            "lichen: node hut-0 has stopped, its state is on flash",
            "lichen: node hut-1 has stopped, its state is on flash",
            "lichen: node hut-2 has stopped, its state is on flash",
        ] {
            #expect(outcome.lines.contains(line), "no '\(line)': \(outcome)")
        }
        // Each may try in vain before the new program is there.
        #expect(outcome.lines.count { $0.contains("connection is gone") } >= 3, "\(outcome)")
        // The drivers never spoke to a chip that was busy, whatever the kernel's timing.
        #expect(
            outcome.lines.count { $0.hasSuffix(" heard, 0 transactions unheard") } == 3,
            "\(outcome)")
        #expect(outcomes[0].output == outcomes[1].output)
    }

    @Test("where the kernel's pages are of 16 KiB, the store's are of 4 KiB nevertheless")
    func largePages() async throws {
        let outcome = try await Guest.play("store", on: .largePages)
        #expect(outcome.ending == Guest.success, "\(outcome)")
        #expect(outcome.lines.contains("3000 records, 0 of them wrong"), "\(outcome)")
        #expect(
            outcome.lines.contains("guest: the store keeps its pages of 4 KiB"), "\(outcome)")
    }

    private let expected = [
        "i2c: registers are written, and read behind a repeated start",
        "i2c: no chip answers at I2C address 0x51; check its wires, its supply and its address pins",
        "spi: a chip selected by the driver is in standby after its reset",
        "spi: an interrupt wakes, has a stamp, and lasts until it is cleared",
        "spi: a chip selected by a line is in standby after its reset",
        "spi: a chip without BUSY is waited for by nobody",
        "gpio: no GPIO chip is called 'radio-9'; 'gpiodetect' lists names and labels of those that "
            + "there are",
        "gpio: radio-0 has no line 'BUSSY' for 'busy-pin'; 'gpioinfo' lists its lines",
        "gpio: radio-0 has no line '54' for 'busy-pin'; 'gpioinfo' lists its lines",
        "gpio: line 8 of radio-0 is the chip select of the SPI driver ('spi0 CS0'); take "
            + "'chip-select-pin' out of [radio], and the driver moves it",
        "gpio: line LED of radio-0 ('enable-pins') is taken by 'led-heartbeat'; end that, or wire "
            + "the radio to another line",
        "gpio: /dev/spidev7.0: there is no such device; turn SPI on: on a Raspberry Pi "
            + "'dtparam=spi=on' in /boot/firmware/config.txt, elsewhere a 'dtoverlay' with a "
            + "spidev node; then restart",
        "gpio: /dev/spidev0.0: another program has it; 'fuser /dev/spidev0.0' names it: end it, or "
            + "give this one a device of its own",
        "gpio: line NRESET of radio-0 ('reset-pin') is taken by 'lichen'; end that, or wire the "
            + "radio to another line",
        "user: /dev/spidev0.0: permission denied; add this user to the group 'spi' (it owns the "
            + "device), or run as root",
        "user: /dev/i2c-1: permission denied, and no group has it; give it one with a udev rule "
            + "(GROUP= and MODE=\"0660\"), or run as root",
        "tty: DTR and RTS are moved",
        "guest: all is well",
    ]
}

extension Outcome {
    /// What the guest's console has shown.
    fileprivate var lines: [String] {
        output.split(whereSeparator: \.isNewline).map(String.init)
    }
}
