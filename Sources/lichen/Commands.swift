import Agent
import Base
import CLinux
import Crypto
import LinuxHAL
import Mesh

extension Lichen {
    /// `lichen agent`
    static func agent(_ arguments: Arguments) -> ExitStatus {
        let path = arguments.configuration ?? Arguments.defaultConfiguration
        var settings: Settings
        do throws(ConfigurationError) {
            settings = try Settings.read(path: path)
        } catch {
            let line = error.line.map { ":\($0)" } ?? ""
            Terminal.complain("\(path)\(line): \(error.sentence)")
            return .usage
        }
        if let socket = arguments.socket { settings.socket = socket }
        guard Sodium.start() else {
            Terminal.complain("the system has no source of entropy; wait until it has booted")
            return .failure
        }
        do throws(StartError) {
            let agent = try Agent(settings, name: hostName, log: Log())
            return run(agent)
        } catch {
            Terminal.complain(error.sentence)
            return .failure
        }
    }

    private static func run(_ agent: Agent) -> ExitStatus {
        do throws(SystemError) {
            try agent.run()
            return .success
        } catch {
            Terminal.complain(error.sentence)
            return .failure
        }
    }

    /// The machine's name as far as it fits.
    private static var hostName: Name {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, 255) == 0 else { return Name("node") ?? Name() }
        var name = Name()
        for character in buffer where character != 0 && name.count < 16 {
            name.append(UInt8(bitPattern: character))
        }
        return name.isEmpty ? Name("node") ?? Name() : name
    }

    /// `lichen init MESH`
    static func initialize(_ arguments: Arguments) -> ExitStatus {
        var request = ControlRecord("init")
        request.add("mesh", arguments.operands[0])
        let status = arguments.ask(request) { _ in }
        if status == .success, !arguments.wantsJSON {
            Terminal.line(
                "Founded the mesh '\(arguments.operands[0])'. Admit other nodes with "
                    + "'lichen pair CODE'; 'lichen code' there prints it.")
        }
        return status
    }

    /// `lichen code`
    static func code(_ arguments: Arguments) -> ExitStatus {
        arguments.ask(ControlRecord("code")) { record in
            Terminal.line(arguments.wantsJSON ? record.json : record.text("code"))
        }
    }

    /// `lichen pair CODE`
    static func pair(_ arguments: Arguments) -> ExitStatus {
        var request = ControlRecord("pair")
        request.add("code", arguments.operands[0])
        return arguments.ask(request) { record in
            if arguments.wantsJSON { return Terminal.line(record.json) }
            let number = record.text("number")
            switch record.text("step").utf8.first {
            case UInt8(ascii: "a") where record.number("number") != nil:
                Terminal.tell("admitted as node \(number); waiting for its receipt")
            case UInt8(ascii: "a"):
                Terminal.tell("it answered, and knows the code")
            case UInt8(ascii: "c") where record.number("attempt") != nil:
                Terminal.tell("calling, attempt \(record.text("attempt")) of 8")
            default:
                Terminal.line("Node \(number) is a member now.")
            }
        }
    }

    /// `lichen version`
    static func version(_ arguments: Arguments) -> ExitStatus {
        var record = ControlRecord("version")
        record.add("version", Version.text)
        Terminal.line(arguments.wantsJSON ? record.json : "lichen \(Version.text)")
        return .success
    }
}
