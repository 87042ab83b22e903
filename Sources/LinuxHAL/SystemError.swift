import CLinux

/// A call of the kernel that did not do what it should.
public struct SystemError: Error, Equatable {
    /// Which call, as its manual page is named.
    public enum Call: String, Sendable {
        case accept, epoll, eventfd, listen, signalfd, timerfd
    }

    /// Which call.
    public let call: Call
    /// Its error number.
    public let errno: Int32

    /// The call that has just failed, with the thread's error number.
    init(_ call: Call) {
        self.call = call
        errno = lichen_errno()
    }

    /// What happened.
    public var sentence: String { "\(call.rawValue) failed: \(text(ofError: errno))" }
}

/// The C library's text for an error number, such as "No such file or directory".
public func text(ofError number: Int32) -> String {
    guard let text = unsafe strerror(number) else { return "error \(number)" }
    return unsafe String(cString: text)
}
