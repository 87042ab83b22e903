import TestSupport
import Testing

extension EndToEnd {
    @Suite struct UsageTests {
        @Test(
            "a command line that is not understood: status 2 and what to type",
            arguments: [
                (["stats"], "there is no command 'stats'; did you mean 'status'?"),
                (["frobnicate"], "there is no command 'frobnicate'; 'lichen --help' lists all"),
                ([""], "there is no command ''; 'lichen --help' lists all"),
                (["status", "--nope"], "there is no option '--nope'; 'lichen --help' lists all"),
                (["--json=1"], "there is no option '--json=1'; 'lichen --help' lists all"),
                (["-x", "status"], "there is no option '-x'; 'lichen --help' lists all"),
                (["status", "-xh"], "there is no option '-x'; 'lichen --help' lists all"),
                (["-jx"], "there is no option '-x'; 'lichen --help' lists all"),
                (
                    ["set", "temperature", "-5"],
                    "there is no option '-5'; write -- before words that begin with '-'"
                ),
                (["--config"], "the option '--config' needs a value"),
                (["status", "-s"], "the option '-s' needs a value"),
                (
                    ["init"],
                    "'init' takes one argument, not 0; usage: lichen init MESH"
                ),
                (
                    ["set", "bridge"],
                    "usage: lichen set KEY VALUE | --remove KEY | --counter KEY AMOUNT "
                        + "| --set add|remove KEY ELEMENT"
                ),
                (
                    ["set"],
                    "'set' takes 1 to 3 arguments, not 0; usage: lichen set KEY VALUE | --remove KEY "
                        + "| --counter KEY AMOUNT | --set add|remove KEY ELEMENT"
                ),
                (
                    ["get", "--counter", "--set"],
                    "of --counter, --set, --conflicts and --remove there can be one only"
                ),
                (["get", "--remove"], "the option '--remove' is for 'lichen set'"),
                (["watch", "--conflicts"], "the option '--conflicts' is for 'lichen get'"),
                (["nodes", "--set"], "the option '--set' is for 'lichen get', 'set' and 'watch'"),
                (["get", "--urgency", "now"], "the option '--urgency' is for 'lichen set'"),
                (
                    ["set", "--counter", "k", "many"],
                    "an amount is a whole number, as 5 or, behind --, -2"
                ),
                (
                    ["set", "--set", "plus", "k", "e"],
                    "--set is followed by 'add' or 'remove', a key and an element"
                ),
                (
                    ["get", "a", "b"],
                    "'get' takes at most 1 argument, not 2; usage: lichen get [--counter | --set "
                        + "| --conflicts] [KEY | PREFIX*] [--json]"
                ),
                (["radio", "png"], "there is no command 'radio png'; did you mean 'radio ping'?"),
                (
                    ["radio", "frobnicate"],
                    "there is no command 'radio frobnicate'; 'lichen radio' lists all"
                ),
                (
                    ["radio", "ping"],
                    "'radio ping' takes one argument, not 0; usage: lichen radio ping NODE "
                        + "[--count N] [--interval SECONDS] [--json]"
                ),
                (
                    ["radio", "probe", "--count", "3"],
                    "the option '--count' is for 'lichen radio ping' and 'lichen radio range'"
                ),
                (
                    ["status", "--interval=5"],
                    "the option '--interval' is for 'lichen radio ping' and 'lichen radio range'"
                ),
                (
                    ["radio", "ping", "2", "--count", "0"],
                    "the option '--count' needs a number from 1 to 1000000"
                ),
                (
                    ["radio", "range", "2", "--interval", "1"],
                    "the option '--interval' needs 2 to 3600 seconds"
                ),
                (["radio", "ping", "2", "--count"], "the option '--count' needs a value"),
                (
                    ["agent", "now"],
                    "'agent' takes no arguments, not 1; usage: lichen agent [--config FILE]"
                ),
            ])
        func usage(words: [String], sentence: String) async throws {
            let outcome = try await Build.host.program("lichen", words).run()
            #expect(outcome.refuses(2, sentence), "\(outcome)")
        }

        @Test("the version, for people and for programs")
        func version() async throws {
            let spoken = try await Build.host.program("lichen", ["version"]).run()
            #expect(spoken.ending == .exited(0))
            #expect(spoken.output.wholeMatch(of: /lichen \d+\.\d+\.\d+\n/) != nil)
            #expect(
                try await Build.host.program("lichen", ["--version"]).run().output == spoken.output)
            let json = try await Build.host.program("lichen", ["version", "--json"]).run().json
            let version = (json as? [String: String])?["version"]
            #expect(spoken.output == "lichen \(version ?? "")\n")
        }

        @Test("where no agent runs, every command says so, with status 1")
        func noAgent() async throws {
            try await withWorkbench { bench in
                let path = bench.path("nobody")
                let commands = [
                    ["status"], ["nodes"], ["get"], ["get", "a"], ["set", "a", "b"], ["watch"],
                    ["init", "valley"], ["code"], ["pair", "0000-0000-0000"], ["--json"],
                    ["get", "--json"], ["radio", "status"], ["radio", "airtime"],
                    ["radio", "send", "a"], ["radio", "ping", "2"],
                ]
                for words in commands {
                    let outcome = try await bench.start(
                        Build.host.program("lichen", ["--socket", path] + words)
                    ).end()
                    #expect(
                        outcome.refuses(
                            1,
                            "no agent answers at \(path); start one with 'lichen agent', or name its "
                                + "socket with --socket"), "\(words): \(outcome)")
                }
                let bare = try await bench.start(
                    Build.host.program("lichen", ["--socket", path, "--config", "/etc/x"])
                ).end()
                #expect(bare.ending == .exited(1))
                #expect(bare.errors == "")
                #expect(
                    bare.output == """
                        No agent is running here: nothing answers at \(path).

                          lichen agent          start this node, as /etc/x says
                          lichen agent --help   what to write there
                          lichen --help         all commands

                        """)
            }
        }

        @Test("the socket is that of the option, the environment, the configuration, in this order")
        func socket() async throws {
            try await withWorkbench { bench in
                let file = try bench.write(
                    "[radio]\ndevice = emulator:/a\n[control]\nsocket = /c/c\n", to: "a.conf")
                func asked(_ words: [String], variable: String?) async throws -> String {
                    var program = try Build.host.program("lichen", words + ["status"])
                    program.environment["LICHEN_SOCKET"] = .some(variable)
                    return try await bench.start(program).end().errors
                }
                #expect(
                    try await asked(["-s", "/a/a", "-c", file], variable: "/b/b").contains(" /a/a;")
                )
                #expect(try await asked(["-c", file], variable: "/b/b").contains(" /b/b;"))
                #expect(try await asked(["-c", file], variable: nil).contains(" /c/c;"))
                #expect(
                    try await asked(["-c", "/nowhere"], variable: nil).contains(
                        " /run/lichen.sock;"))
            }
        }
    }
}
