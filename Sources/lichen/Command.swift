/// What `lichen` can be told to do.
enum Command: CaseIterable {
    case agent, initialize, code, pair, status, nodes, get, set, watch, store, radio, version

    /// As it is typed.
    var word: StaticString {
        switch self {
        case .agent: "agent"
        case .initialize: "init"
        case .code: "code"
        case .pair: "pair"
        case .status: "status"
        case .nodes: "nodes"
        case .get: "get"
        case .set: "set"
        case .watch: "watch"
        case .store: "store"
        case .radio: "radio"
        case .version: "version"
        }
    }

    /// How many words may follow it.
    var operands: ClosedRange<Int> {
        switch self {
        case .agent, .code, .status, .nodes, .radio, .version: 0...0
        case .initialize, .pair: 1...1
        case .get, .watch: 0...1
        case .set: 1...3
        case .store: 1...2
        }
    }

    /// How it is typed.
    var form: CommandLineForm {
        CommandLineForm(name: word.description, operands: operands, synopsis: synopsis)
    }

    /// What these words are.
    var synopsis: StaticString {
        switch self {
        case .agent: "lichen agent [--config FILE]"
        case .initialize: "lichen init MESH"
        case .code: "lichen code [--json]"
        case .pair: "lichen pair CODE [--json]"
        case .status: "lichen status [--json]"
        case .nodes: "lichen nodes [--json]"
        case .get: "lichen get [--counter | --set | --conflicts] [KEY | PREFIX*] [--json]"
        case .set:
            "lichen set KEY VALUE | --remove KEY | --counter KEY AMOUNT | --set add|remove KEY ELEMENT"
        case .watch: "lichen watch [--counter | --set] [PREFIX] [--json]"
        case .store: "lichen store stats|check|compact|export|import FILE [--json]"
        case .radio: "lichen radio COMMAND [ARGUMENT …] [--json]"
        case .version: "lichen version [--json]"
        }
    }

    /// What it does, in one line.
    var summary: StaticString {
        switch self {
        case .agent: "be a node: run until SIGTERM or Ctrl-C"
        case .initialize: "found a mesh, with this node as its first member"
        case .code: "print the code by which this node may be admitted"
        case .pair: "admit the node that has this code, over the air"
        case .status: "print what this node is and does"
        case .nodes: "list the members, and how they are heard"
        case .get: "print a key's value, a counter, a set, or all of them"
        case .set: "write a key, count, or change a set; returns once it is on flash"
        case .watch: "print all keys, then each change"
        case .store: "look after the state on this node's card"
        case .radio: "check the radio, its links and its airtime"
        case .version: "print the version"
        }
    }
}
