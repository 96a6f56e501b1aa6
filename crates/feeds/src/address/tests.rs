//! Addresses that are feeds, and those that only look like one.

use super::*;

fn shown(text: &str) -> Result<(String, String), NotAFeed> {
    FeedAddress::parse(text).map(|address| (address.to_string(), address.address()))
}

#[test]
fn reads_the_addresses_of_azure_artifacts() {
    for (text, name, address) in [
        (
            "https://pkgs.dev.azure.com/contoso/_packaging/packages/npm/registry/",
            "contoso/packages",
            "https://pkgs.dev.azure.com/contoso/_packaging/packages/npm/registry/",
        ),
        (
            "HTTPS://PKGS.dev.azure.com/Contoso/My%20Project/_Packaging/my.feed@Local/nuget/v3/index.json",
            "contoso/My Project/my.feed@Local",
            "https://pkgs.dev.azure.com/contoso/My%20Project/_packaging/my.feed@Local/nuget/v3/index.json",
        ),
        (
            "https://contoso.pkgs.visualstudio.com/DefaultCollection/_packaging/packages/maven/v1",
            "contoso/packages",
            "https://contoso.pkgs.visualstudio.com/_packaging/packages/maven/v1",
        ),
        (
            "https://contoso.pkgs.visualstudio.com/web/_packaging/packages/Cargo/index/",
            "contoso/web/packages",
            "https://contoso.pkgs.visualstudio.com/web/_packaging/packages/Cargo/index/",
        ),
        (
            "https://pkgs.dev.azure.com/contoso/_packaging/packages/pypi/simple/?a=@evil.example#b",
            "contoso/packages",
            "https://pkgs.dev.azure.com/contoso/_packaging/packages/pypi/simple/",
        ),
        (
            "https://pkgs.dev.azure.com/contoso/Caf%C3%A9/_packaging/packages",
            "contoso/Café/packages",
            "https://pkgs.dev.azure.com/contoso/Caf%C3%A9/_packaging/packages",
        ),
    ] {
        assert_eq!(
            shown(text),
            Ok((name.to_owned(), address.to_owned())),
            "{text}"
        );
    }
}

#[test]
fn refuses_every_other_host_and_path() {
    use NotAFeed::{Host, Path, Scheme, Userinfo};
    const FEED: &str = "/contoso/_packaging/packages/npm/registry/";
    for (start, expected) in [
        ("http://pkgs.dev.azure.com", Scheme),
        ("//pkgs.dev.azure.com", Scheme),
        ("ftp://pkgs.dev.azure.com", Scheme),
        ("https:/pkgs.dev.azure.com", Scheme),
        ("https:\\\\pkgs.dev.azure.com", Scheme),
        (" https://pkgs.dev.azure.com", Scheme),
        ("https ://pkgs.dev.azure.com", Scheme),
        ("javascript:https://pkgs.dev.azure.com", Scheme),
        ("https://", Host),
        ("https:///pkgs.dev.azure.com", Host),
        ("https://pkgs.dev.azure.com.evil.example", Host),
        ("https://evil.example/pkgs.dev.azure.com", Host),
        ("https://evil.example?pkgs.dev.azure.com", Host),
        ("https://evil.example#pkgs.dev.azure.com", Host),
        ("https://evilpkgs.dev.azure.com", Host),
        ("https://evil-pkgs.dev.azure.com", Host),
        ("https://x.pkgs.dev.azure.com", Host),
        ("https://pkgs.dev.azure.com.", Host),
        ("https://pkgs.dev.azure.co", Host),
        ("https://pkgs-dev.azure.com", Host),
        ("https://pkgs.dev.azure.com:443", Host),
        ("https://pkgs.dev.azure.com:8443", Host),
        ("https://pkgs.dev.azure.com:", Host),
        ("https://pkgs.dev.azure.com\\evil.example", Host),
        ("https://pkgs.dev.azure.com%2eevil.example", Host),
        ("https://pkgs.dev.azure.com%00.evil.example", Host),
        ("https://pkgs.dev.azure.com\t", Host),
        ("https://pkgs.dev.azure.com\n.evil.example", Host),
        ("https://pkgs。dev.azure.com", Host),
        ("https://pkgs.dev.аzure.com", Host),
        ("https://xn--pkgs.dev.azure.com", Host),
        ("https://pkgs.dev.azure.com\u{200b}", Host),
        ("https://[::1]", Host),
        ("https://127.0.0.1", Host),
        ("https://localhost", Host),
        ("https://dev.azure.com", Host),
        ("https://contoso.visualstudio.com", Host),
        ("https://pkgs.visualstudio.com", Host),
        ("https://.pkgs.visualstudio.com", Host),
        ("https://a.b.pkgs.visualstudio.com", Host),
        ("https://-a.pkgs.visualstudio.com", Host),
        ("https://a_b.pkgs.visualstudio.com", Host),
        ("https://contoso.pkgs.visualstudio.com.evil.example", Host),
        ("https://contosopkgs.visualstudio.com", Host),
        ("https://contoso.pkgs.visualstudio.com:443", Host),
        ("https://user@pkgs.dev.azure.com", Userinfo),
        ("https://user:password@pkgs.dev.azure.com", Userinfo),
        ("https://pkgs.dev.azure.com@evil.example", Userinfo),
        ("https://@pkgs.dev.azure.com", Userinfo),
        ("https://evil.example\\@pkgs.dev.azure.com", Userinfo),
        ("https://pkgs.dev.azure.com?/evil.example", Path),
        ("https://pkgs.dev.azure.com#@evil.example", Path),
        ("https://pkgs.dev.azure.com/..", Path),
        ("https://pkgs.dev.azure.com/", Path),
        ("https://pkgs.dev.azure.com/a b", Path),
    ] {
        assert_eq!(shown(&format!("{start}{FEED}")), Err(expected), "{start}");
    }
    for path in [
        "",
        "/",
        "/contoso",
        "/contoso/",
        "/contoso/packages",
        "/contoso/_packaging",
        "/contoso/_packaging/",
        "/contoso/_packaging/..",
        "/contoso/_packaging/.",
        "/contoso/_packaging/@Local",
        "/contoso/_packaging/feed@",
        "/contoso/_packaging/a@b@c",
        "/contoso/../fabrikam/_packaging/feed",
        "/contoso/%2e%2e/_packaging/feed",
        "/contoso/a%2fb/_packaging/feed",
        "/contoso/a%5cb/_packaging/feed",
        "/contoso/a%00b/_packaging/feed",
        "/contoso/a%zz/_packaging/feed",
        "/contoso/a%2/_packaging/feed",
        "/contoso/a\\b/_packaging/feed",
        "/contoso/_packaging/feed/npm/../../other",
        "/contoso/_packaging/feed//npm",
        "/con toso/_packaging/feed",
        "/contoso-/_packaging/feed",
        "/cöntoso/_packaging/feed",
        "/contoso/_packaging/fe\u{202e}ed",
        "/contoso/%FF/_packaging/feed",
    ] {
        let text = format!("https://pkgs.dev.azure.com{path}");
        assert_eq!(shown(&text), Err(Path), "{text}");
    }
    let long = format!("https://pkgs.dev.azure.com{FEED}{}", "a".repeat(LONGEST));
    assert_eq!(shown(&long), Err(Path));
}

#[test]
fn reads_a_user_before_the_host_and_finds_a_password() {
    const FEED: &str = "contoso/_packaging/packages/pypi/simple/";
    for (user, expected) in [
        ("", Ok(Userinfo::None)),
        ("adieu@", Ok(Userinfo::User)),
        ("adieu:@", Ok(Userinfo::User)),
        ("adieu:${TOKEN}@", Ok(Userinfo::User)),
        ("adieu:secret@", Ok(Userinfo::Password)),
        (":secret@", Ok(Userinfo::Password)),
        ("a@b@", Err(NotAFeed::Host)),
        ("pkgs.dev.azure.com\\@", Err(NotAFeed::Userinfo)),
        ("evil.example:80@x:", Err(NotAFeed::Host)),
    ] {
        let text = format!("https://{user}pkgs.dev.azure.com/{FEED}");
        let found = with_userinfo(&text).map(|(_, userinfo)| userinfo);
        assert_eq!(found, expected, "{text}");
    }
    for text in [
        "https://pkgs.dev.azure.com@evil.example/contoso/_packaging/packages/",
        "https://pkgs.dev.azure.com:x@evil.example/contoso/_packaging/packages/",
    ] {
        assert_eq!(with_userinfo(text), Err(NotAFeed::Host), "{text}");
    }
}
