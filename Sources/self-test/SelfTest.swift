import CLinux

/// What only Embedded mode breaks, the host cannot show: this program runs in the host build and in
/// both device builds, and must print the same in all three.
///
/// It reads no clock, no entropy, no argument and no environment. It prints one line a group:
/// values, and a fingerprint of longer sequences. If a law does not hold it says which, and its
/// exit status is 1.
@main
struct SelfTest {
    static func main() {
        var report = Report()
        checkBase(&report)
        checkLoRa(&report)
        checkAir(&report)
        checkSimulation(&report)
        checkRadio(&report)
        print("\(report.groups) groups, \(report.checks) checks, \(report.failures) failed")
        exit(report.failures == 0 ? 0 : 1)
    }
}
