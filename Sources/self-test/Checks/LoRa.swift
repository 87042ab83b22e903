import Base
import LoRa

func checkLoRa(_ report: inout Report) {
    report.group("time on air", checkTimeOnAir)
    report.group("EU868", checkRegion)
    report.group("airtime ledger", checkLedger)
}

/// All modulations and sizes by fingerprint, and a few that people know by heart.
private func checkTimeOnAir(_ group: inout Group) {
    var all = Fingerprint()
    for spreadingFactor in SpreadingFactor.allCases {
        for bandwidth in Bandwidth.allCases {
            for codingRate in CodingRate.allCases {
                let modulation = Modulation(spreadingFactor, bandwidth, codingRate: codingRate)
                var last = Duration.zero
                for size in 0...255 {
                    let time = modulation.timeOnAir(payloadSize: size)
                    group.expect(time >= last, "more bytes never take less time")
                    last = time
                    all.add(UInt64(time.wholeMicroseconds))
                }
            }
        }
    }
    let fast = Modulation(.sf7, .khz125).timeOnAir(payloadSize: 20)
    let slow = Modulation(.sf12, .khz125).timeOnAir(payloadSize: 51)
    group.expect(fast == .microseconds(56_576), "20 bytes at SF7 take 56.576 ms")
    group.expect(slow == .microseconds(2_465_792), "51 bytes at SF12 take 2.466 s")
    group.note("all", all)
    group.note("SF7", fast.wholeMicroseconds)
    group.note("SF12", slow.wholeMicroseconds)
}

private func checkRegion(_ group: inout Group) {
    var plan = Fingerprint()
    for frequency in stride(from: 862_900_000, through: 870_100_000, by: 25_000) {
        for power in [14, 16, 27, 30] {
            let channel = Channel(
                frequency: frequency, modulation: Modulation(.sf9, .khz125), power: power)
            do throws(RegionError) {
                let subBand = try Region.eu868.subBand(for: channel)
                plan.add(UInt64(subBand.budget.wholeMicroseconds))
            } catch {
                for byte in error.sentence.utf8 { plan.add(byte) }
            }
        }
    }
    group.expect((try? Region(named: "eu868"))?.name == "EU868", "its name is known in any case")
    group.note("plan", plan)
}

/// A hungry node for ten hours, restarted in the fifth: what was granted in any hour stays within
/// the budget, and the trace of verdicts is the same everywhere.
private func checkLedger(_ group: inout Group) {
    let channel = Channel(
        frequency: 869_525_000, modulation: Modulation(.sf9, .khz125), power: 14)
    guard let subBand = try? Region.eu868.subBand(for: channel) else {
        return group.expect(false, "869.525 MHz is in the plan")
    }
    var ledger = AirtimeLedger(subBand, restoring: nil, at: .start, capacity: 16)
    var onFlash: AirtimeReservation?
    var dice = Dice(seed: 868)
    var trace = Fingerprint()
    var granted: [(end: Instant, duration: Duration)] = []
    var now = Instant.start
    let end = Instant.start + .seconds(36_000)
    let restart = Instant.start + .seconds(5 * 3_600)
    var restarted = false
    while now < end {
        if !restarted && now >= restart {
            restarted = true
            ledger = AirtimeLedger(subBand, restoring: onFlash, at: now, capacity: 16)
        }
        let size = dice.roll(0..<256)
        let time = channel.modulation.timeOnAir(payloadSize: size)
        switch ledger.request(time, at: now) {
        case .granted(let permit):
            group.expect(permit.timeOnAir == time, "a permit is for what was asked")
            now = now + time
            granted.append((end: now, duration: time))
            trace.add(UInt64(now.microseconds))
        case .reserveFirst(let reservation):
            onFlash = reservation
            ledger.reserved(reservation, at: now)
            trace.add(UInt64(reservation.charged.wholeMicroseconds))
        case .wait(let until):
            group.expect(until > now, "waiting ends later")
            trace.add(UInt64(until.microseconds))
            now = until + dice.roll(upTo: .seconds(5))
        case .never:
            group.expect(false, "no frame is longer than the budget")
            now = now + .seconds(1)
        }
    }
    for last in granted {
        var sum = Duration.zero
        for one in granted where one.end <= last.end {
            sum += max(.zero, min(one.duration, one.end - (last.end - subBand.window)))
        }
        group.expect(sum <= subBand.budget, "no hour holds more than the budget")
    }
    group.note("frames", Int64(granted.count))
    group.note("trace", trace)
}
