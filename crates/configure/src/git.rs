//! `configure: git`: the settings with which git runs `adieu git-credential` for Azure DevOps repositories, and for
//! no other host.
//!
//! It writes no configuration file: settings are environment variables (`GIT_CONFIG_COUNT`, git 2.31 and newer), and
//! end with them.
//!
//! A header that checkout left in a repository (`persistCredentials: true`, or a job that was killed) takes precedence
//! over every helper, and a setting for the host does not override one for an address below it. So each header is
//! overridden under its own key.

use crate::headers;
use crate::settings::{Setting, plain};

/// Addresses of repositories. In git, an asterisk matches one label of a host name, since 2.26.
pub const REPOSITORIES: [&str; 2] = ["https://dev.azure.com", "https://*.visualstudio.com"];

/// The variables that add the settings to existing ones in the environment.
///
/// `program` is adieu's path, `headers` the addresses to which git is configured to send headers, `repository` the
/// address of the job's own repository, `variable` the environment.
pub(crate) fn settings(
    program: &str,
    headers: &[String],
    repository: Option<&str>,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Vec<Setting> {
    let before = variable("GIT_CONFIG_COUNT").and_then(|count| count.parse::<usize>().ok());
    let before = before.unwrap_or_default();
    let of = |what: &str, index: usize| {
        let value = variable(&format!("GIT_CONFIG_{what}_{index}"));
        value.unwrap_or_default()
    };
    let known: Vec<_> = (0..before)
        .map(|index| (of("KEY", index), of("VALUE", index)))
        .collect();
    // A header that an earlier step put into the environment counts as well; an empty value overrides one.
    let in_environment = known.iter().filter(|(_, value)| !value.is_empty());
    let in_environment = in_environment.filter_map(|(key, _)| headers::address_of(key));
    let own = repository.filter(|address| headers::is_azure_devops(address));
    let found = headers.iter().map(String::as_str);
    let mut added = entries(program, found.chain(in_environment).chain(own));
    // The same step again in a job adds nothing.
    if known.ends_with(&added) {
        added.clear();
    }
    let count = before + added.len();
    let mut settings = vec![plain("GIT_CONFIG_COUNT", &count.to_string())];
    for (index, (key, value)) in (before..).zip(added) {
        settings.push(plain("GIT_CONFIG_KEY", &key).numbered(index));
        settings.push(plain("GIT_CONFIG_VALUE", &value).numbered(index));
    }
    settings
}

fn entries<'a>(program: &str, addresses: impl Iterator<Item = &'a str>) -> Vec<(String, String)> {
    let mut entries = Vec::new();
    for place in REPOSITORIES {
        let helpers = format!("credential.{place}.helper");
        // An empty value removes the helpers before it.
        entries.push((helpers.clone(), String::new()));
        let helper = format!("!{} git-credential", shell_word(program));
        entries.push((helpers, helper));
        entries.push((format!("credential.{place}.useHttpPath"), "true".to_owned()));
        // A header for an entire host, which clients such as Renovate leave in repositories that they clone.
        entries.push((format!("http.{place}.extraheader"), String::new()));
    }
    for address in addresses {
        for place in addresses_to_override(address) {
            let key = format!("http.{place}.extraheader");
            if !entries.iter().any(|(known, _)| *known == key) {
                entries.push((key, String::new()));
            }
        }
    }
    entries
}

/// The keys under which a header for this address is overridden. git-lfs takes all values of the most specific key,
/// including empty ones, and then sends the first; so it gets keys that are more specific for its own addresses.
fn addresses_to_override(address: &str) -> Vec<String> {
    let mut places = vec![address.to_owned()];
    if address.contains("/_git/") {
        let repository = address.trim_end_matches('/').trim_end_matches(".git");
        places.push(format!("{repository}/info/lfs"));
        places.push(format!("{repository}.git/info/lfs"));
    }
    places
}

/// A word of git's shell, which is `sh` on Windows, too: quotes protect spaces and everything else, and slashes
/// replace the backslashes of a Windows path.
pub fn shell_word(text: &str) -> String {
    let is_of_windows = matches!(
        text.as_bytes(),
        [b'\\', b'\\', ..] | [b'a'..=b'z' | b'A'..=b'Z', b':', ..]
    );
    let quoted = text.replace('\'', r"'\''");
    match is_of_windows {
        true => format!("'{}'", quoted.replace('\\', "/")),
        false => format!("'{quoted}'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Value;
    use expect_test::expect;

    const REPOSITORY: &str = "https://contoso@dev.azure.com/contoso/fabrikam/_git/hello";

    fn value(setting: &Setting) -> String {
        let Value::Plain(value) = &setting.value else {
            panic!("{} is secret", setting.name());
        };
        value.clone()
    }

    fn lines(settings: &[Setting]) -> String {
        let lines = settings
            .iter()
            .map(|setting| format!("{}={}\n", setting.name(), value(setting)));
        lines.collect()
    }

    #[test]
    fn gives_git_a_helper_for_azure_devops_and_nothing_else() {
        let settings = settings("/agent/_tasks/a b/adieu", &[], None, &|_| None);
        expect![[r#"
            GIT_CONFIG_COUNT=8
            GIT_CONFIG_KEY_0=credential.https://dev.azure.com.helper
            GIT_CONFIG_VALUE_0=
            GIT_CONFIG_KEY_1=credential.https://dev.azure.com.helper
            GIT_CONFIG_VALUE_1=!'/agent/_tasks/a b/adieu' git-credential
            GIT_CONFIG_KEY_2=credential.https://dev.azure.com.useHttpPath
            GIT_CONFIG_VALUE_2=true
            GIT_CONFIG_KEY_3=http.https://dev.azure.com.extraheader
            GIT_CONFIG_VALUE_3=
            GIT_CONFIG_KEY_4=credential.https://*.visualstudio.com.helper
            GIT_CONFIG_VALUE_4=
            GIT_CONFIG_KEY_5=credential.https://*.visualstudio.com.helper
            GIT_CONFIG_VALUE_5=!'/agent/_tasks/a b/adieu' git-credential
            GIT_CONFIG_KEY_6=credential.https://*.visualstudio.com.useHttpPath
            GIT_CONFIG_VALUE_6=true
            GIT_CONFIG_KEY_7=http.https://*.visualstudio.com.extraheader
            GIT_CONFIG_VALUE_7=
        "#]]
        .assert_eq(&lines(&settings));
    }

    #[test]
    fn undoes_each_header_by_its_own_key() {
        let found = [REPOSITORY, "https://dev.azure.com/"].map(str::to_owned);
        let variable = |name: &str| {
            let value = match name {
                "GIT_CONFIG_COUNT" => "2",
                "GIT_CONFIG_KEY_0" => "safe.directory",
                "GIT_CONFIG_VALUE_0" => "*",
                "GIT_CONFIG_KEY_1" => "http.https://dev.azure.com/contoso/.extraHeader",
                "GIT_CONFIG_VALUE_1" => "AUTHORIZATION: bearer of an earlier step",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let settings = settings("/adieu", &found, Some(REPOSITORY), &variable);
        expect![[r#"
            GIT_CONFIG_KEY_10=http.https://contoso@dev.azure.com/contoso/fabrikam/_git/hello.extraheader
            GIT_CONFIG_VALUE_10=
            GIT_CONFIG_KEY_11=http.https://contoso@dev.azure.com/contoso/fabrikam/_git/hello/info/lfs.extraheader
            GIT_CONFIG_VALUE_11=
            GIT_CONFIG_KEY_12=http.https://contoso@dev.azure.com/contoso/fabrikam/_git/hello.git/info/lfs.extraheader
            GIT_CONFIG_VALUE_12=
            GIT_CONFIG_KEY_13=http.https://dev.azure.com/.extraheader
            GIT_CONFIG_VALUE_13=
            GIT_CONFIG_KEY_14=http.https://dev.azure.com/contoso/.extraheader
            GIT_CONFIG_VALUE_14=
        "#]].assert_eq(&lines(&settings[17..]));
        // Again in the same job.
        let again = |name: &str| {
            let known = settings.iter().find(|known| known.name() == name);
            known.map(value).or_else(|| variable(name))
        };
        let second = super::settings("/adieu", &found, Some(REPOSITORY), &again);
        expect![[r#"
            GIT_CONFIG_COUNT=15
        "#]]
        .assert_eq(&lines(&second));
    }

    #[test]
    fn writes_the_program_as_a_shell_reads_it() {
        for (program, expected) in [
            ("/opt/adieu", "'/opt/adieu'"),
            ("/it's here/adieu", r"'/it'\''s here/adieu'"),
            (r"/odd\name/adieu", r"'/odd\name/adieu'"),
            (
                r"C:\agent one\_tasks\adieu.exe",
                "'C:/agent one/_tasks/adieu.exe'",
            ),
            (r"\\server\share\adieu.exe", "'//server/share/adieu.exe'"),
        ] {
            assert_eq!(shell_word(program), expected);
        }
    }
}
