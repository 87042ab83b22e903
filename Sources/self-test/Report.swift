/// Counts checks over all groups, and prints each group's line when it is over.
struct Report {
    private(set) var groups = 0
    private(set) var checks = 0
    private(set) var failures = 0

    /// Runs the checks of one group.
    mutating func group(_ name: String, _ checks: (inout Group) -> Void) {
        var group = Group(name: name)
        checks(&group)
        groups += 1
        self.checks += group.checks
        failures += group.failures
        print("\(name):\(group.values)")
    }
}

/// The checks of one idea, and what they print.
struct Group {
    fileprivate let name: String
    fileprivate var values = ""
    fileprivate var checks = 0
    fileprivate var failures = 0

    fileprivate init(name: String) { self.name = name }

    /// A law that must hold; where it does not, a line says so.
    mutating func expect(_ holds: Bool, _ law: String) {
        checks += 1
        if !holds {
            failures += 1
            print("FAILED \(name): \(law)")
        }
    }

    /// A value that must be the same in all builds.
    mutating func note(_ what: String, _ value: Int64) { values += " \(what) \(value)" }

    /// A text that must be the same in all builds.
    mutating func note(_ what: String, _ value: String) { values += " \(what) \(value)" }

    /// A long sequence that must be the same in all builds.
    mutating func note(_ what: String, _ fingerprint: Fingerprint) {
        values += " \(what) \(fingerprint.text)"
    }
}
