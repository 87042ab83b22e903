/// Why the demo ended without having shown all that it claims.
enum DemoError: Error, CustomStringConvertible {
    case noProgram(path: String)
    case claim(String)
    /// A claim that the agents' logs may explain.
    case claimOfAgents(String, logs: String)
    case ended(node: Int, log: String)
    case refused(node: Int, sentence: String)
    case silent(node: Int, request: String)
    case interrupted

    var description: String {
        switch self {
        case .noProgram(let path):
            "there is no program at \(path); 'make build' makes it, or name one with --lichen"
        case .claim(let claim): "this did not come true: \(claim)"
        case .claimOfAgents(let claim, let logs):
            "this did not come true: \(claim); the ends of the agents' logs:\n\(logs)"
        case .ended(let node, let log):
            "the agent of node \(node) ended by itself; the end of its log:\n\(log)"
        case .refused(let node, let sentence): "node \(node) refused: \(sentence)"
        case .silent(let node, let request): "node \(node) did not answer '\(request)' in time"
        case .interrupted: "interrupted; all processes are ended and all files removed"
        }
    }
}
