//! Credentials in files of a checkout, in every format: the reported line, and the file after the credential is
//! removed.
//!
//! Credentials for other hosts stay.

use std::fs;

use adieu_feeds::{Edit, edited, read};
use expect_test::{Expect, expect};

const FEED: &str = "https://pkgs.dev.azure.com/contoso/_packaging/packages";

/// Shows the credentials found in these files, and the first file without its credentials. `FEED` means the feed,
/// `AT` its host and path.
fn shows(files: &[(&str, &str)], expected: &Expect) {
    let folder = tempfile::tempdir().expect("a folder");
    let filled = |text: &str| {
        let text = text.replace("FEED", FEED);
        text.replace("AT", "@pkgs.dev.azure.com/contoso/_packaging/packages")
    };
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, filled(text)).expect("a file");
    }
    let reading = read(folder.path());
    let named = reading.stale.iter();
    let mut shown: String = named
        .map(|one| format!("{}:{} {}\n", one.place, one.line, one.tool))
        .collect();
    let (name, text) = files[0];
    let mut edits: Vec<&Edit> = reading
        .stale
        .iter()
        .filter(|one| one.place == name)
        .filter_map(|one| one.edit.as_ref())
        .collect();
    edits.sort();
    let without = edited(&filled(text), &edits).expect("edits of this text");
    let without = without.replace(FEED, "FEED").replace('\r', "␍");
    // The expected text cannot end a line with spaces, so dots replace them.
    shown.push_str(&without.replace("\n  \n", "\n··\n"));
    expected.assert_eq(&shown);
}

#[test]
fn removes_credentials_of_npm_and_yarn_1() {
    shows(
        &[(
            ".npmrc",
            "registry=FEED/npm/registry/\r\n//pkgs.dev.azure.com/contoso/:_authToken=${TOKEN}\r\n  //contoso.pkgs.visualstudio.com/_packaging/p/npm/:_password = eA==\n//npm.example/:_authToken=x\n_auth=eA==\n; end",
        )],
        &expect![[r#"
            .npmrc:2 npm
            .npmrc:3 npm
            .npmrc:5 npm
            registry=FEED/npm/registry/␍
            ␍
            ··
            //npm.example/:_authToken=x

            ; end"#]],
    );
    shows(
        &[(
            ".yarnrc",
            "registry \"FEED/npm/registry/\"\n\"//pkgs.dev.azure.com/contoso/_packaging/packages/npm/registry/:_authToken\" \"x\"\n",
        )],
        &expect![[r#"
            .yarnrc:2 npm
            registry "FEED/npm/registry/"

        "#]],
    );
}

#[test]
fn removes_credentials_of_yarn_2_and_bun() {
    shows(
        &[(
            ".yarnrc.yml",
            "npmRegistries:\n  \"FEED/npm/registry/\":\n    npmAlwaysAuth: true\n    npmAuthToken: \"x\"\nnpmRegistryServer: https://npm.example\n",
        )],
        &expect![[r#"
            .yarnrc.yml:4 yarn
            npmRegistries:
              "FEED/npm/registry/":
                npmAlwaysAuth: true
                
            npmRegistryServer: https://npm.example
        "#]],
    );
    shows(
        &[(
            "bunfig.toml",
            "[install]\nregistry = { url = \"FEED/npm/registry/\", token = \"x\" }\n[install.scopes]\nother = { token = \"y\", url = \"https://npm.example/\" }\n",
        )],
        &expect![[r#"
            bunfig.toml:2 npm
            [install]
            registry = { url = "FEED/npm/registry/"}
            [install.scopes]
            other = { token = "y", url = "https://npm.example/" }
        "#]],
    );
}

#[test]
fn nuget() {
    shows(
        &[
            (
                "src/nuget.config",
                "\u{feff}<configuration>\n  <packageSourceCredentials>\n    <My_x0020_feed>\n      <add key=\"Username\" value=\"x\" />\n      <add key=\"ClearTextPassword\" value=\"x\" />\n    </My_x0020_feed>\n    <other><add key=\"Username\" value=\"x\" /><add key=\"Password\" value=\"x\" /></other>\n  </packageSourceCredentials>\n</configuration>\n",
            ),
            (
                "nuget.config",
                "<configuration><packageSources>\n<add key=\"My feed\" value=\"FEED/nuget/v3/index.json\" />\n<add key=\"other\" value=\"https://nuget.example\" />\n</packageSources>\n<packageSourceCredentials><My_x0020_feed><add key=\"Username\" value=\"x\" /><add key=\"ClearTextPassword\" value=\"%TOKEN%\" /></My_x0020_feed></packageSourceCredentials></configuration>\n",
            ),
        ],
        &expect![[r#"
            src/nuget.config:5 nuget
            ﻿<configuration>
              <packageSourceCredentials>
                
                <other><add key="Username" value="x" /><add key="Password" value="x" /></other>
              </packageSourceCredentials>
            </configuration>
        "#]],
    );
}

#[test]
fn removes_credentials_of_python_clients() {
    shows(
        &[(
            "requirements.txt",
            "--index-url https://u:pAT/pypi/simple/\n--extra-index-url https://u:p@pypi.example/simple/\n--extra-index-url https://u:${P}AT/pypi/simple/\n",
        )],
        &expect![[r#"
            requirements.txt:1 pip
            --index-url https://adieu@pkgs.dev.azure.com/contoso/_packaging/packages/pypi/simple/
            --extra-index-url https://u:p@pypi.example/simple/
            --extra-index-url https://u:${P}@pkgs.dev.azure.com/contoso/_packaging/packages/pypi/simple/
        "#]],
    );
    shows(
        &[(
            "pyproject.toml",
            "[[tool.uv.index]]\nurl = \"https://u:pAT/pypi/simple/\"\n[[tool.poetry.source]]\nname = \"feed\"\nurl = \"https://u:pAT/pypi/simple/\"\n[[tool.pdm.source]]\nurl = \"FEED/pypi/simple/\"\nusername = \"u\"\npassword = \"p\"\n[[tool.pdm.source]]\nurl = \"https://pypi.example/simple/\"\npassword = \"p\"\n",
        )],
        &expect![[r#"
            pyproject.toml:2 uv
            pyproject.toml:5 poetry
            pyproject.toml:9 pdm
            [[tool.uv.index]]
            url = "https://adieu@pkgs.dev.azure.com/contoso/_packaging/packages/pypi/simple/"
            [[tool.poetry.source]]
            name = "feed"
            url = "FEED/pypi/simple/"
            [[tool.pdm.source]]
            url = "FEED/pypi/simple/"
            username = "u"

            [[tool.pdm.source]]
            url = "https://pypi.example/simple/"
            password = "p"
        "#]],
    );
    shows(
        &[
            (
                "poetry.toml",
                "[http-basic.feed]\nusername = \"u\"\npassword = \"p\"\n[http-basic.other]\npassword = \"p\"\n",
            ),
            (
                "pyproject.toml",
                "[[tool.poetry.source]]\nname = \"feed\"\nurl = \"FEED/pypi/simple/\"\n",
            ),
        ],
        &expect![[r#"
            poetry.toml:3 poetry
            [http-basic.feed]
            username = "u"

            [http-basic.other]
            password = "p"
        "#]],
    );
    shows(
        &[(
            ".pypirc",
            "[packages]\nrepository = FEED/pypi/upload/\nusername = u\npassword: p\n[other]\nrepository = https://pypi.example/\npassword = p\n",
        )],
        &expect![[r#"
            .pypirc:4 twine
            [packages]
            repository = FEED/pypi/upload/
            username = u

            [other]
            repository = https://pypi.example/
            password = p
        "#]],
    );
}

#[test]
fn removes_credentials_of_maven_gradle_and_cargo() {
    shows(
        &[
            (
                ".mvn/settings.xml",
                "<settings><servers>\n<server><id>packages</id><username>u</username><password>p</password></server>\n<server><id>other</id><password>p</password></server>\n</servers></settings>\n",
            ),
            (
                "pom.xml",
                "<project><repositories><repository><id>packages</id>\n<url>https://u:pAT/maven/v1</url></repository></repositories></project>\n",
            ),
        ],
        &expect![[r#"
            .mvn/settings.xml:2 maven
            pom.xml:2 maven
            <settings><servers>

            <server><id>other</id><password>p</password></server>
            </servers></settings>
        "#]],
    );
    shows(
        &[(
            "build.gradle.kts",
            "maven {\n  url = uri(\"FEED/maven/v1\")\n  credentials {\n    username = \"u\"\n    password = \"p\"\n  }\n}\nmaven {\n  url = uri(\"https://maven.example\")\n  credentials { password = \"p\" }\n}\nmaven {\n  url = uri(\"FEED/maven/v1\")\n  credentials { password = System.getenv(\"P\") }\n}\n",
        )],
        &expect![[r#"
            build.gradle.kts:5 gradle
            maven {
              url = uri("FEED/maven/v1")
              credentials {
                username = "u"
                password = ""
              }
            }
            maven {
              url = uri("https://maven.example")
              credentials { password = "p" }
            }
            maven {
              url = uri("FEED/maven/v1")
              credentials { password = System.getenv("P") }
            }
        "#]],
    );
    shows(
        &[(
            ".cargo/config.toml",
            "[registries.packages]\nindex = \"sparse+FEED/Cargo/index/\"\ntoken = \"Bearer x\"\n[registries]\nsecond = { token = \"x\", index = \"sparse+FEED/Cargo/index/\" }\n[registries.other]\nindex = \"sparse+https://crates.example/\"\ntoken = \"x\"\n",
        )],
        &expect![[r#"
            .cargo/config.toml:3 cargo
            .cargo/config.toml:5 cargo
            [registries.packages]
            index = "sparse+FEED/Cargo/index/"

            [registries]
            second = { index = "sparse+FEED/Cargo/index/" }
            [registries.other]
            index = "sparse+https://crates.example/"
            token = "x"
        "#]],
    );
}

/// Clients may send their credential to such an address, too.
#[test]
fn reports_unusual_addresses_of_feeds() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = [
        "http://pkgs.dev.azure.com/contoso/_packaging/packages/npm/registry/",
        "https://pkgs.dev.azure.com:8443/contoso/_packaging/packages/npm/registry/",
        "https://pkgs.dev.azure.com./contoso/_packaging/packages/npm/registry/",
        "http://u:p@contoso.pkgs.visualstudio.com:80/_packaging/packages/npm/registry/",
        "http://pkgs.dev.azure.com.evil.example/contoso/_packaging/packages/npm/registry/",
        "https://npm.example:8443/contoso/_packaging/packages/npm/registry/",
    ];
    let text: String = lines
        .iter()
        .enumerate()
        .map(|(number, address)| format!("@s{number}:registry={address}\n"))
        .collect();
    fs::write(folder.path().join(".npmrc"), text).expect("a file");
    let reading = read(folder.path());
    assert!(reading.declarations.is_empty());
    let named: Vec<(usize, String)> = reading
        .nearly
        .iter()
        .map(|one| (one.line, one.address.address()))
        .collect();
    let feed = format!("{FEED}/npm/registry/");
    let own = "https://contoso.pkgs.visualstudio.com/_packaging/packages/npm/registry/".to_owned();
    assert_eq!(
        named,
        [(1, feed.clone()), (2, feed.clone()), (3, feed), (4, own)]
    );
}
