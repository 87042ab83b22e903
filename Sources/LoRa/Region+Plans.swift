/// The plans that come with the program: the build puts the files of `radio/regions` into it.
extension Region {
    /// The names of all plans, separated by commas.
    public static var names: String {
        var text = ""
        for (name, _) in plans { text += text.isEmpty ? name : ", \(name)" }
        return text
    }

    static var plans: [(name: String, text: [UInt8])] {
        [
            ("EU868", PackageResources.EU868_ini),
            ("EU433", PackageResources.EU433_ini),
            ("US915", PackageResources.US915_ini),
            ("AU915", PackageResources.AU915_ini),
            ("AS923-1", PackageResources.AS923_1_ini),
            ("AS923-2", PackageResources.AS923_2_ini),
            ("AS923-3", PackageResources.AS923_3_ini),
            ("AS923-4", PackageResources.AS923_4_ini),
            ("AS923-JP", PackageResources.AS923_JP_ini),
            ("IN865", PackageResources.IN865_ini),
            ("KR920", PackageResources.KR920_ini),
            ("RU864", PackageResources.RU864_ini),
        ]
    }
}
