/// One change of a batch.
struct LogRecord: ~Escapable {
    /// Otherwise it is a deletion.
    let isPut: Bool
    let key: Span<UInt8>
    let value: Span<UInt8>

    @_lifetime(copy key)
    init(isPut: Bool, key: Span<UInt8>, value: Span<UInt8>) {
        self.isPut = isPut
        self.key = key
        self.value = unsafe _overrideLifetime(value, copying: key)
    }
}
