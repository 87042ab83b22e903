import Base
import CCuse
import CLinux
import LinuxHAL

/// What the host does with its output lines, as the kernel's trace event `gpio:gpio_value` tells:
/// the `value` of a gpio-sim line cannot be polled.
struct LineTrace: ~Copyable {
    /// A line, by its global number, got a level.
    struct Change {
        var line: Int
        var isHigh: Bool
    }

    private let pipe: FileDescriptor
    private var buffer = Slab<UInt8>(repeating: 0, count: 4_096)

    /// Watches all outputs from now on, in a trace instance of its own.
    init() {
        let folder = "/sys/kernel/tracing/instances/guest-air"
        // What an earlier server has left there is none of this one's.
        _ = unsafe folder.withCString { unsafe rmdir($0) }
        guard unsafe folder.withCString({ unsafe lichen_make_directory($0) }) == 0 else {
            fail("\(folder): \(text(ofError: lichen_errno()))")
        }
        put("get == 0", into: "\(folder)/events/gpio/gpio_value/filter")
        put("0", into: "\(folder)/buffer_percent")  // Wakes for every event.
        put("1", into: "\(folder)/events/gpio/gpio_value/enable")
        let path = "\(folder)/trace_pipe"
        let raw = unsafe path.withCString { unsafe guest_open_to_poll($0) }
        guard raw >= 0 else { fail("\(path): \(text(ofError: lichen_errno()))") }
        pipe = FileDescriptor(owning: raw)
    }

    /// For `Epoll`: readable while there are changes.
    var raw: Int32 { pipe.raw }

    /// Takes all changes, in their order.
    mutating func drain(_ body: (Change) -> Void) {
        while true {
            let raw = pipe.raw
            var room = buffer.mutableSpan
            let count = unsafe room.withUnsafeMutableBytes { bytes in
                unsafe read(raw, bytes.baseAddress, bytes.count)
            }
            guard count > 0 else { return }
            var start = 0
            for end in 0..<count where buffer[end] == UInt8(ascii: "\n") {
                if let change = change(start..<end) { body(change) }
                start = end + 1
            }
        }
    }

    /// A line such as `lichen-87 [000] d..1. 2.345678: gpio_value: 530 set 0`.
    private func change(_ line: Range<Int>) -> Change? {
        var words: [String] = []
        for word in bytes(line).split(separator: UInt8(ascii: " ")) {
            words.append(String(decoding: word, as: UTF8.self))
        }
        guard words.count >= 4, let line = Int(words[words.count - 3]),
            let level = Int(words[words.count - 1]), bytes(of: words[words.count - 2], are: "set")
        else { return nil }
        return Change(line: line, isHigh: level != 0)
    }

    private func bytes(_ range: Range<Int>) -> [UInt8] { range.map { buffer[$0] } }

    private func bytes(of word: String, are text: StaticString) -> Bool {
        word.utf8.elementsEqual(text.description.utf8)
    }
}
