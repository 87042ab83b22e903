import Base

extension Replica {
    /// Whether all nodes with these heads hold the operation: not so a removal that has done its
    /// work, which each forgets in its own time.
    public func isShared(_ operation: Operation) -> Bool {
        !operation.isRemoval || !isSettled(operation)
    }
}
