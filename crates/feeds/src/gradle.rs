//! Gradle's init script, which gets a credential for each feed's repository from a credential provider.
//!
//! It contains no credential, and has no effect in a build without the job's variable.

/// The start of the first line.
const MADE_FOR: &str = "// Made by FeedAuthenticate@1, removed at the end of the job. For ";

/// The private folder that our script belongs to; `None` for other files.
pub(crate) fn maker(text: &str) -> Option<&str> {
    text.lines().next()?.strip_prefix(MADE_FOR)
}

/// The script for a private folder, whose path is also the variable's value. `provider` has the interface of NuGet's
/// version 1. The script works with Gradle 4.4 and newer: `beforeSettings` exists since 6.0, and
/// `dependencyResolutionManagement` since 6.8. Before 5.0, reading `publishing` ends its configuration, so it is read
/// after all projects have been configured.
pub(crate) fn script(folder: &str, variable: &str, provider: &str) -> String {
    const SCRIPT: &str = r#"if (System.getenv('VARIABLE') == 'FOLDER') {
    def tokens = [:]
    def token = { uri ->
        tokens.computeIfAbsent(uri.toString()) {
            def process = ['PROVIDER', '-uri', it, '-nonInteractive'].execute()
            process.outputStream.close()
            def answer = process.inputStream.text
            process.waitFor() == 0 ? new groovy.json.JsonSlurper().parseText(answer).Password : ''
        }
    }
    def isFeed = { uri ->
        uri != null && uri.scheme == 'https' && uri.port == -1 && uri.userInfo == null &&
            (uri.host == 'pkgs.dev.azure.com' || uri.host?.endsWith('.pkgs.visualstudio.com'))
    }
    def authenticate = { repositories ->
        repositories.all { repository ->
            if (repository.hasProperty('url') && repository.hasProperty('credentials') && isFeed(repository.url)) {
                def value = token(repository.url)
                if (value) {
                    repository.credentials { it.username = 'adieu'; it.password = value }
                }
            }
        }
    }
    def authenticatePublishing = { project ->
        project.plugins.withId('maven-publish') {
            authenticate(project.extensions.getByName('publishing').repositories)
        }
    }
    def isOld = org.gradle.util.GradleVersion.current() < org.gradle.util.GradleVersion.version('5.0')
    def inSettings = { settings ->
        authenticate(settings.buildscript.repositories)
        if (settings.hasProperty('pluginManagement')) {
            authenticate(settings.pluginManagement.repositories)
        }
        if (settings.hasProperty('dependencyResolutionManagement')) {
            authenticate(settings.dependencyResolutionManagement.repositories)
        }
    }
    if (gradle.metaClass.respondsTo(gradle, 'beforeSettings')) {
        gradle.beforeSettings { inSettings(it) }
    } else {
        gradle.settingsEvaluated { inSettings(it) }
    }
    gradle.beforeProject { project ->
        authenticate(project.buildscript.repositories)
        authenticate(project.repositories)
        if (!isOld) {
            authenticatePublishing(project)
        }
    }
    if (isOld) {
        gradle.projectsEvaluated { it.rootProject.allprojects { authenticatePublishing(it) } }
    }
}
"#;
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('\'', "\\'");
    let script = SCRIPT
        .replace("VARIABLE", variable)
        .replace("FOLDER", &quoted(folder))
        .replace("PROVIDER", &quoted(provider));
    format!("{MADE_FOR}{folder}\n{script}")
}

#[test]
fn a_script_belongs_to_its_folder() {
    let text = script("C:\\it's", "NAME", "C:\\a.exe");
    assert!(
        text.contains("System.getenv('NAME') == 'C:\\\\it\\'s'"),
        "{text}"
    );
    assert_eq!(maker(&text), Some("C:\\it's"));
}
