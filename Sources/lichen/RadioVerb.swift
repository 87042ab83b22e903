/// What `lichen radio` can be told to do.
enum RadioVerb: CaseIterable {
    case probe, status, airtime, listen, send, ping, range

    /// As it is typed.
    var word: StaticString {
        switch self {
        case .probe: "probe"
        case .status: "status"
        case .airtime: "airtime"
        case .listen: "listen"
        case .send: "send"
        case .ping: "ping"
        case .range: "range"
        }
    }

    /// How it is typed.
    var form: CommandLineForm {
        CommandLineForm(name: "radio \(word)", operands: operands, synopsis: synopsis)
    }

    private var operands: ClosedRange<Int> {
        switch self {
        case .probe, .status, .airtime, .listen: 0...0
        case .send, .ping, .range: 1...1
        }
    }

    private var synopsis: StaticString {
        switch self {
        case .probe: "lichen radio probe [--json]"
        case .status: "lichen radio status [--json]"
        case .airtime: "lichen radio airtime [--json]"
        case .listen: "lichen radio listen [--json]"
        case .send: "lichen radio send TEXT [--json]"
        case .ping: "lichen radio ping NODE [--count N] [--interval SECONDS] [--json]"
        case .range: "lichen radio range NODE [--count N] [--interval SECONDS] [--json]"
        }
    }

    /// What it does, in one line.
    private var summary: StaticString {
        switch self {
        case .probe: "find out whether the radio works, and if not, why"
        case .status: "print the radio's health and what it has counted"
        case .airtime: "print how much airtime is used and left"
        case .listen: "show each frame as it is heard, and how loud the band is"
        case .send: "send a text to whoever listens"
        case .ping: "ask a member how it hears this node"
        case .range: "ping without end, as CSV, for walks"
        }
    }

    /// All, one a line.
    static var list: String {
        var text = ""
        for verb in allCases {
            let word = verb.word.description
            if !text.isEmpty { text += "\n" }
            text += "  \(word)\(String(repeating: " ", count: 9 - word.utf8.count))\(verb.summary)"
        }
        return text
    }

    /// Its own help.
    var help: String { "Usage: \(synopsis)\n\n\(description)\n\n\(Help.options)" }

    private var description: String {
        switch self {
        case .probe:
            """
            Checks the radio. The last line says that it works, or in one sentence what is wrong and
            what to do about it.

            With an agent: prints which chip it is, its health and the level of its channel, and
            sends one test frame, through the airtime ledger. Without one: opens the radio of the
            configuration, starts it (where its oscillator does not start, with other 'tcxo'
            settings too), reads it many times, looks at BUSY and at the interrupt wire, and
            measures the noise on the channel and in each sub-band. Then it sends nothing, so that
            only an agent finds a transmitter that does not end.

            Exit status is 0 where the radio works, and 1 where it does not.
            """
        case .status:
            """
            Prints the chip, the channel and its law, whether the radio works and since when, each
            kind of fault so far, and what was sent and heard. A radio that fails is started again
            by itself; the last fault stays here with its age. The chip's own counts begin anew
            with each start.
            """
        case .airtime:
            """
            Prints how long this node was on the air in the region's window (an hour in most), what
            is left of its budget, when a frame of 20 and one of 200 bytes may go next, and the
            rule of each sub-band of the region.
            """
        case .listen:
            """
            Prints a line for each frame that is heard, until Ctrl-C: time (UTC), kind, size, the
            sender's number and name where they are known, RSSI and SNR, and the text of test
            frames. Who sends is what frames say of themselves: it is not verified. On a terminal
            the last line shows how loud it is, in dBm: lowest, now, highest.

            With an agent that is the level of its channel over the last minute. Without one, the
            radio of the configuration is opened, and the line shows the region's sub-bands from
            the lowest frequency to the highest. Every two seconds it is away from the channel for
            that, for about a tenth of a second.

            With --json: objects, one a line, of type radio, heard, level or spectrum.
            """
        case .send:
            """
            Sends TEXT, at most 100 bytes, in one frame that is not encrypted, and returns when it
            is off the air: for 'lichen radio listen' on other nodes, which need not belong to the
            mesh. It goes through the airtime ledger like every frame. A TEXT that begins with '-'
            needs '--' before it.
            """
        case .ping:
            """
            Asks the member NODE, a number or a name, how it hears this node: prints the round trip
            (with how much of it both frames were on the air), and RSSI and SNR there and here.
            Four times unless --count says otherwise, each --interval seconds (2 unless said) after
            the one before, then a summary. Ctrl-C ends it with the summary. A node answers each
            member once a second at most.

            Exit status is 0 where at least one answer came, and 1 where none did.

                  --count N           how many; 4 unless said
                  --interval SECONDS  from one to the next, 2 to 3600; 2 unless said
            """
        case .range:
            """
            Pings the member NODE, a number or a name, until Ctrl-C, and prints a row of CSV for
            each: time (UTC), node, number, round trip in ms, RSSI in dBm and SNR in dB there and
            here. The fields of one that was lost are empty. Each row is written at once: walk with
            it, and nothing is lost when you stop.

                  --count N           end after so many
                  --interval SECONDS  from one to the next, 2 to 3600; 2 unless said
            """
        }
    }
}
