/// A sine in plain arithmetic: the same bits on every machine (law 6), and no C library.
enum Sine {
    /// sin(2π · turns) for 0…1 turns, to a millionth.
    static func of(turns: Double) -> Double {
        // To the first quarter, where the series is short.
        let half = turns >= 0.5 ? turns - 0.5 : turns
        let quarter = half > 0.25 ? 0.5 - half : half
        let x = quarter * 6.283_185_307_179_586
        let square = x * x
        var term = x
        var sum = x
        for step in stride(from: 2.0, through: 12, by: 2) {
            term *= -square / (step * (step + 1))
            sum += term
        }
        return turns >= 0.5 ? -sum : sum
    }
}
