//! Hosts that look like a feed's: with other hosts before, after and around it, in other letters, with ports.
//!
//! It contains no test.

/// The part before `/contoso/_packaging/packages/…`.
const ADDRESSES: [&str; 58] = [
    // Other hosts before, after and around the feed's.
    "https://pkgs.dev.azure.com.evil.example",
    "https://pkgs.dev.azure.com-evil.example",
    "https://pkgs.dev.azure.com.co",
    "https://pkgs.dev.azure.co",
    "https://pkgs.dev.azure.org",
    "https://pkgs.dev.azure.us",
    "https://pkgs.dev.azure.cn",
    "https://pkgs.dev-azure.com",
    "https://pkgs-dev.azure.com",
    "https://pkgs.dev.azure.evil.example",
    "https://pkgsdev.azure.com",
    "https://xpkgs.dev.azure.com",
    "https://evil.pkgs.dev.azure.com",
    "https://contoso.pkgs.dev.azure.com",
    "https://www.pkgs.dev.azure.com",
    "https://feed.dev.azure.com",
    "https://dev.azure.com.evil.example",
    "https://azure.com",
    "https://pkgs.dev.azure",
    // The same around an organization's own host.
    "https://contoso.pkgs.visualstudio.com.evil.example",
    "https://a.contoso.pkgs.visualstudio.com",
    "https://contoso-pkgs.visualstudio.com",
    "https://contoso.feeds.visualstudio.com",
    "https://pkgs.visualstudio.com",
    "https://contoso.pkgs.visualstudio.com.co",
    "https://contosopkgs.visualstudio.org",
    // User names, paths and queries that contain the feed's host.
    "https://pkgs.dev.azure.com@evil.example",
    "https://pkgs.dev.azure.com%2fcontoso@evil.example",
    "https://evil.example/pkgs.dev.azure.com",
    "https://evil.example/https://pkgs.dev.azure.com",
    "https://evil.example/..//pkgs.dev.azure.com",
    "https://evil.example/%2e%2e/pkgs.dev.azure.com",
    "https://evil.example/pkgs.dev.azure.com/../..",
    "https://adieu@evil.example",
    "https://adieu@pkgs.dev.azure.com.evil.example",
    // Other spellings of the same letters, and a dot at the end.
    "https://PKGS.DEV.AZURE.COM.EVIL.EXAMPLE",
    "https://pkgs%2edev%2eazure%2ecom.evil.example",
    "https://pkgs.dev.azure.com.evil.example.",
    // Ports, and plain HTTP.
    "https://pkgs.dev.azure.com.evil.example:443",
    "https://evil.example:8443",
    "http://pkgs.dev.azure.com.evil.example",
    "http://evil.example",
    // Letters of other alphabets, in Punycode: a Cyrillic а in azure, a dotless ı, and the host as one label.
    "https://pkgs.dev.xn--zure-63d.com",
    "https://pkgs.dev.xn--azure-q0a.com",
    "https://xn--pkgs-dev-azure-com.example",
    "https://pkgs.dev.\u{430}zure.com",
    // IP addresses.
    "https://192.0.2.1",
    "https://[2001:db8::1]",
    "https://192.0.2.1:8443",
    // Public registries and their storage.
    "https://registry.npmjs.org",
    "https://pypi.org",
    "https://files.pythonhosted.org",
    "https://index.crates.io",
    "https://repo.maven.apache.org",
    "https://api.nuget.org",
    "https://evil.blob.core.windows.net",
    // A query and a fragment, at which pip 26 ends the host.
    "https://query.example?@pkgs.dev.azure.com",
    "https://fragment.example#@pkgs.dev.azure.com",
];

/// The address of a protocol on each of them.
pub(crate) fn addresses(tail: &str) -> Vec<String> {
    let addresses = ADDRESSES.iter();
    addresses
        .map(|host| format!("{host}/contoso/_packaging/packages/{tail}"))
        .collect()
}
