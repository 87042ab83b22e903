import Dispatch
import Testing

/// Runs a suite's tests beside the cooperative pool, one after the other.
///
/// Swift's pool has as many threads as there are cores. Tests that compute for seconds take them all,
/// and whoever serves a chip or waits for a process in real time is late. Of these there may be one at
/// a time, and the system shares the cores fairly.
public struct Aside: SuiteTrait, TestTrait, TestScoping {
    private final class Lane: TaskExecutor {
        private let queue = DispatchQueue(label: "tests that compute")

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        }
    }

    private static let lane = Lane()

    public var isRecursive: Bool { true }

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(Self.lane) { try await function() }
    }
}

extension Trait where Self == Aside {
    /// These tests compute for long.
    public static var aside: Self { Self() }
}
