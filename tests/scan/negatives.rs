//! What looks like a token but is not one: no finding is certain, and most texts have none.
//!
//! A placeholder or an example in a document must not fail a build.

use super::{new_token, old_token, scan, tree};

/// The token with a different character at this index.
fn changed(token: &str, at: usize) -> String {
    let mut bytes = token.as_bytes().to_vec();
    bytes[at] = if bytes[at] == b'a' { b'b' } else { b'a' };
    String::from_utf8(bytes).expect("ASCII")
}

#[test]
fn finds_nothing_certain_where_there_is_no_token() {
    let (new, old) = (new_token(), old_token());
    let mut lines = vec![
        new[1..].to_owned(),
        format!("{new}a"),
        format!("a{new}"),
        new.replace("JQQJ99", "JQQJ98"),
        new.replace("AZDO", "azdo"),
        new.replace("AZDO", "AZFU"),
        new.replace("AZDO", "APIM"),
        old[1..].to_owned(),
        format!("{old}a"),
        format!("a{old}"),
        "abcdefghijklmnopqrstuvwxyz".repeat(2),
        "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuv2345".to_owned(),
        "z".repeat(52),
        "x".repeat(84),
        // A v3 onion address, a CIDv1, a Nix store path, a Git LFS object, a SHA-512 digest.
        format!("{}.onion", "duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad"),
        "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi".to_owned(),
        "/nix/store/v0v4y7f3b8n2sg1aiwz5jrlzx1w8mdsc-hello-2.12".to_owned(),
        "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393".to_owned(),
        "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==".to_owned(),
        "thequickbrownfoxjumpsoverthelazydogandrunsawayfromit".to_owned(),
        "MY_PAT=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx".to_owned(),
        "MY_PAT=$(PAT) ${PAT} <PAT> *** %PAT%".to_owned(),
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmnAZDOabcd".to_owned(),
    ];
    lines.extend((0..84).map(|at| changed(&new, at)));
    // The last of 52 letters has four unused bits, which the checksum does not cover.
    lines.extend((0..51).map(|at| changed(&old, at)));
    let folder = tree(&[("lines.txt", lines.join("\n").as_bytes())]);
    let scanned = scan(folder.path(), &["--output", "json"]);
    let certain: Vec<String> = scanned
        .places()
        .into_iter()
        .filter(|place| place.ends_with(" certain"))
        .collect();
    assert_eq!(certain, [""; 0]);
    for (line, rule) in [(6, "azure-key"), (7, "azure-key")] {
        let place = format!("lines.txt:{line}:1 {rule} probable");
        assert!(scanned.places().contains(&place), "{:?}", scanned.places());
    }
}

#[test]
fn a_wrong_checksum_is_probable_and_words_nearby_make_an_old_shape_possible() {
    let new = changed(&new_token(), 3);
    let old = changed(&old_token(), 3);
    let text = format!("a={new}\nMY_PAT={old}\n\n{}\nseed={old}\n", "-".repeat(100));
    let folder = tree(&[("a.txt", text.as_bytes())]);
    let scanned = scan(folder.path(), &["--output", "json"]);
    let expected = [
        "a.txt:1:3 azure-devops-pat probable",
        "a.txt:2:8 azure-devops-pat-legacy possible",
    ];
    assert_eq!(scanned.places(), expected);
    let scanned = scan(folder.path(), &["--output", "json", "--min", "probable"]);
    assert_eq!(scanned.places(), expected[..1]);
    let only = ["--output", "json", "--rule", "azure-devops-pat-legacy"];
    assert_eq!(scan(folder.path(), &only).places(), expected[1..]);
    assert_eq!(scan(folder.path(), &["--min", "certain"]).status, 0);
}

#[test]
fn a_comment_with_a_reason_allows_a_finding() {
    let new = new_token();
    let text = format!(
        "{new} # adieu:allow azure-devops-pat a fixture\n\n{new} # adieu:allow azure-devops-pat\n"
    );
    let folder = tree(&[("a.txt", text.as_bytes())]);
    let scanned = scan(folder.path(), &[]);
    assert!(
        scanned.stdout.starts_with("a.txt:3:1 "),
        "{}",
        scanned.stdout
    );
    assert_eq!(scanned.stderr, "1 token in 1 file, 1 allowed.\n");
}

#[test]
fn an_expired_jwt_is_only_possible() {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let claims = "{\"aud\":\"499b84ac-1321-427f-aa17-267ca6975798\",\"exp\":1700000000}";
    let other =
        "{\"aud\":\"https://graph.microsoft.com\",\"exp\":4000000000,\"sub\":\"xxxxxxxxx\"}";
    let header = part("{\"alg\":\"RS256\"}");
    let text = format!(
        "{header}.{}.{}\n{header}.{}.{}\n",
        part(claims),
        part("signature"),
        part(other),
        part("signature")
    );
    let folder = tree(&[("a.txt", text.as_bytes())]);
    let scanned = scan(folder.path(), &["--output", "json"]);
    assert_eq!(
        scanned.places(),
        ["a.txt:1:1 azure-devops-access-token possible"]
    );
}
