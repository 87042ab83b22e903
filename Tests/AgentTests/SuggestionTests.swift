import Testing

@testable import Agent

@Suite struct SuggestionTests {
    private static let keys = ["name", "device", "spreading-factor", "bandwidth", "power", "keys"]

    @Test(
        "a typo finds the word that was meant, and nonsense finds none",
        arguments: [
            ("spreding-factor", "spreading-factor"), ("spreading_factor", "spreading-factor"),
            ("bandwith", "bandwidth"), ("nam", "name"), ("Power", "power"), ("poewr", "power"),
            ("key", "keys"), ("device", "device"), ("colour", nil), ("", nil), ("x", nil),
            ("na", nil),
        ])
    func typos(word: String, meant: String?) {
        #expect(nearest(word, Self.keys) == meant)
    }

    @Test("a very long word costs nothing and finds nothing")
    func long() {
        #expect(nearest(String(repeating: "x", count: 1_000_000), Self.keys) == nil)
    }

    @Test("no choices, no suggestion")
    func none() { #expect(nearest("name", []) == nil) }
}
