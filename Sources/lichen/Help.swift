/// The texts of `--help`.
enum Help {
    /// Of the program.
    static var general: String {
        var text = """
            lichen: a small cloud without grid or Internet, one node of it

            Usage: lichen [OPTION …] COMMAND [ARGUMENT …]
                   lichen COMMAND --help

            Commands:

            """
        for command in Command.allCases {
            let word = command.word.description
            text += "  \(word)\(String(repeating: " ", count: 9 - word.utf8.count))"
            text += "\(command.summary)\n"
        }
        text += "\n" + options
        text += """

            Exit status: 0 done; 1 it could not be done, the reason is on standard error; 2 the
            command line or the configuration was not understood.

            Without a command, lichen says what this node is doing, or what to type next.

            """
        return text
    }

    static var options: String {
        """
        Options:
          -c, --config FILE   the configuration; /etc/lichen.conf unless said
          -s, --socket PATH   the agent's control socket; LICHEN_SOCKET, or what the
                              configuration says, or /run/lichen.sock unless said
          -j, --json          print data as JSON
          -h, --help          print this, or what a command does
              --version       print the version

        """
    }
}

extension Command {
    /// The command's own help.
    var help: String {
        "Usage: \(synopsis)\n\n\(description)\n\n\(Help.options)"
    }

    private var description: String {
        switch self {
        case .agent:
            """
            Runs one node in the foreground: its radio, its part of the mesh's state, and the
            control socket that the other commands use. SIGTERM or Ctrl-C flushes what waits and
            ends it; a power cut loses nothing that was acknowledged.

            The configuration is an INI file. Only [radio] device must be given:

              [node]
              name = hut-3              # at most 16 bytes; the host's name unless said
              [radio]
              device = emulator:/tmp/air/node-1.sock
              chip = sx1262             # sx1261 sx1262 sx1268 llcc68 sx1276 sx1278 rfm95
              region = EU868            # whose law holds: see below
              frequency = 869525000     # Hz; the region's best unless said
              spreading-factor = 9      # 5 to 12, the same on all nodes
              bandwidth = 125           # kHz: 62.5, 125, 250, 500
              coding-rate = 4/5
              power = 14                # dBm at the radio's plug
              antenna-gain = 0          # dBi, and
              cable-loss = 0            # dB: the law limits what is radiated
              tcxo = none               # or volts: 1.6 1.7 1.8 2.2 2.4 2.7 3.0 3.3
              dio2-switch = yes         # DIO2 drives the antenna switch
              [mesh]
              beacon = 150              # seconds between beacons at rest
              leave-out-after = 30      # days that the founder waits for one that is silent
              [state]
              directory = /var/lib/lichen
              keys = 512                # capacity of the replicated state
              flush = 2                 # seconds for writes whose urgency is seconds
              slow-flush = 300          # for those of minutes, and others' at most
              flash-budget = 12         # MB a day that the card should take at most
              [control]
              socket = /run/lichen.sock

            Regions are EU868, EU433, US915, AU915, AS923-1, AS923-2, AS923-3, AS923-4, AS923-JP,
            IN865, KR920 and RU864, or the path of a plan of your own: radio/regions has examples.
            What a plan forbids is refused at the start, with the law it breaks.

            A radio on the board's own SPI bus has 'spidev:' and a path as its device. Then [radio]
            says how it is wired, too. A pin is the number or the name of a line of the GPIO chip,
            or of another one: gpiochip1:25. All but the optional ones must be given:

              device         spidev:/dev/spidev0.0
              gpio-chip      pinctrl-bcm2711, or gpiochip0, or a path ('gpiodetect' lists them)
              busy-pin       20; chips of the sx127x family have none
              interrupt-pin  16: DIO1, or DIO0 of an sx127x
              reset-pin      18
              spi-speed      optional, 2000000 Hz unless said
              chip-select-pin, transmit-enable-pin, receive-enable-pin
                             optional: where no driver and no chip moves these wires
              enable-pins    optional: lines to be high, with commas between them
            """
        case .initialize:
            """
            Founds the mesh MESH (a name of 1 to 16 bytes) and makes this node its first member.
            A node belongs to one mesh; other nodes are admitted with 'lichen pair', here.
            """
        case .code:
            """
            Prints the code by which this node may be admitted to a mesh, XXXX-XXXX-XXXX. It was
            made at the agent's first start and stays the same until the node is a member. Whoever
            knows it can admit the node to a mesh of theirs: treat it like a key.
            """
        case .pair:
            """
            Calls the node whose code is CODE over the air and admits it to this node's mesh. The
            new node must be on, in reach, on the same channel, and not yet a member of a mesh.
            Case, hyphens and spaces in CODE do not matter. Progress goes to standard error. For
            now only the node that founded the mesh can admit others.
            """
        case .status:
            """
            Prints the node's name, its mesh, who of it was heard, the radio's channel and how
            much of the hour's airtime is used, and the state of the replicated map and its disk.
            """
        case .nodes:
            """
            Lists the members of the mesh: number, name, when each was last heard, how strongly
            (RSSI in dBm, SNR in dB), and how many of its operations are here. A dash: not heard
            directly.

            "Left out" are members that have not been heard of, by any way, for as long as [mesh]
            leave-out-after of the node that founded the mesh says: the others no longer keep for
            them what was removed. One that is back is let in anew, by itself: under a new number,
            with all that it wrote in the meantime.
            """
        case .get:
            """
            Prints the value of KEY in the mesh's shared state, or with no KEY all keys and values
            in the order of the keys; PREFIX* stands for all keys that begin so. What is printed is
            what this node has: it asks nobody.

              --counter    what counters have come to
              --set        the elements of sets
              --conflicts  all values of a key, or of all keys that have more than one: they were
                           written without knowledge of each other. Elsewhere the latest is shown.
            """
        case .set:
            """
            Writes VALUE (at most 96 bytes) to KEY (1 to 31 bytes) in the mesh's shared state. It
            returns once the write is on this node's flash; the mesh learns of it over the air. It
            replaces all values of KEY that this node knows; values that were written elsewhere at
            the same time stay beside it, and 'lichen get --conflicts' shows them. A word that
            begins with '-' needs '--' before it.

              --remove KEY              takes the key away
              --counter KEY AMOUNT      adds AMOUNT to a counter; behind --, -2 subtracts. All
                                        nodes' amounts count, whoever was apart from whom
              --set add KEY ELEMENT     adds to a set, or
              --set remove KEY ELEMENT  takes out of it; what is added elsewhere at the same time
                                        stays
              --urgency now             or 'seconds' or 'minutes': how soon it must be on flash,
                                        and may be told. What can wait spares the card
            """
        case .watch:
            """
            Prints all keys, or those that begin with PREFIX, then each change as it arrives, until
            Ctrl-C; with --counter or --set it does so for counters or sets, whose elements come
            with a '+' and go with a '-'. A key without a value is gone. With --json one object a
            line. An agent that restarts is waited for.
            """
        case .store:
            """
            Looks after the state on this node's card, while its agent runs:

              stats         bytes written a day against the budget, how full the state, the file and
                            the log are, and for how long the oldest write has waited
              check         reads all from the card again, and compares checksums. The agent does so
                            by itself every six hours; what is damaged it writes anew. Progress goes
                            to standard error
              compact       makes the file as small as can be
              export        prints the shared state as JSON: registers, counters and sets
              import FILE   writes what 'export' printed, or '-' for standard input. Registers and
                            elements are set, counters brought to what they were; what is the same
                            already costs nothing
            """
        case .radio:
            """
            Checks the radio and its links, with a running agent's help:

            \(RadioVerb.list)

            'probe' and 'listen' also work where no agent runs: then they open the radio that the
            configuration names. 'lichen radio COMMAND --help' tells more.
            """
        case .version:
            "Prints the version."
        }
    }
}
