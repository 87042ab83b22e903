import Foundation
import TestSupport

/// A virtual arm64 board that runs the kernel of the real ones, and the programs as `make arm64`
/// left them (`tools/guest.sh`).
///
/// Its time is that of the instructions it has carried out: a loaded machine makes it slower, and
/// changes nothing else.
enum Guest {
    /// The status by which its `init` says that all went well. A panic of the kernel ends it with 0.
    static let success = Ending.exited(42)

    /// A board: the file of its kernel, and its processor.
    struct Board {
        var kernel: String
        var processor: String

        /// As most are.
        static var usual: Board { Board(kernel: "vmlinuz", processor: "cortex-a53") }
        /// A kernel with pages of 16 KiB, on a processor that has them.
        static var largePages: Board { Board(kernel: "vmlinuz-16k", processor: "cortex-a76") }
    }

    /// Boots, plays a scenario of `Tests/Guest/init`, and ends.
    static func play(_ scenario: String, on board: Board = .usual) async throws -> Outcome {
        guard Repository.has(".build/guest/initramfs") else { throw GuestError.notMade }
        guard let qemu = Program.find("qemu-system-aarch64") else { throw GuestError.noEmulator }
        // Who is in no hurry lets those go first whose time is the clock's.
        return try await Program("/usr/bin/nice", ["-n", "19", qemu] + arguments(scenario, board))
            .run(within: .seconds(300))
    }

    private static func arguments(_ scenario: String, _ board: Board) -> [String] {
        [
            // One processor: a second one makes a busy host's pauses the guest's.
            "-M", "virt,dtb-randomness=off", "-cpu", board.processor, "-smp", "1", "-m", "192",
            "-nographic", "-no-reboot", "-nic", "none",
            "-kernel", Repository.path(".build/guest/\(board.kernel)"),
            "-initrd", Repository.path(".build/guest/initramfs"),
            "-append",
            // Without pl061, gpio-sim's chips are the first.
            "console=ttyAMA0 quiet panic=-1 oops=panic nokaslr "
                + "initcall_blacklist=pl061_gpio_driver_init scenario=\(scenario)",
            "-semihosting-config", "enable=on,target=native,userspace=on",
            // The same instructions, the same time, the same chance in every run; sleeping takes no
            // time at all.
            "-icount", "shift=1,sleep=off", "-seed", "1",
            "-rtc", "base=2026-06-01T00:00:00,clock=vm",
        ]
    }
}

/// Why there is no guest.
enum GuestError: Error, CustomStringConvertible {
    case notMade, noEmulator

    var description: String {
        switch self {
        case .notMade: "there is no .build/guest; run `make guest`"
        case .noEmulator: "there is no qemu-system-aarch64; run `make guest`, which installs it"
        }
    }
}
