import CAllocationCounter

/// How many blocks `work` takes from the heap, on this thread; `nil` where they cannot be counted
/// (under a sanitizer).
///
/// Let it run once before: the first call of any Swift code makes allocations of the runtime's own.
public func allocations(during work: () throws -> Void) rethrows -> Int? {
    guard allocationCounterWorks() else { return nil }
    let before = allocationCount()
    try work()
    return Int(allocationCount() - before)
}
