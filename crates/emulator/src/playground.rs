//! A world for trying the command line by hand: an organization with a repository, a publisher, a sign-in that
//! administers both, and an identity to onboard.
//!
//! It starts no program.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use crate::{Connection, MY_CONNECTION, Pat, Resource, Role, World};

/// The smallest extension that the Marketplace accepts.
const MANIFEST: &str = r#"{
  "manifestVersion": 1,
  "id": "hello",
  "publisher": "pub",
  "version": "1.0.0",
  "name": "Hello",
  "description": "An extension to try publishing with.",
  "categories": ["Azure Pipelines"],
  "targets": [{ "id": "Microsoft.VisualStudio.Services" }],
  "files": [{ "path": "hello.html", "addressable": true }],
  "contributions": [{
    "id": "hello",
    "type": "ms.vss-web.hub",
    "targets": ["ms.vss-web.project-hub-groups-collection"],
    "properties": { "name": "Hello", "uri": "hello.html" }
  }]
}
"#;

/// The world, and the variables for programs that use it.
#[derive(Debug)]
pub struct Playground {
    /// The services.
    pub world: World,
    /// Variables for the programs to try.
    pub variables: Vec<(&'static str, String)>,
}

impl Playground {
    /// Starts the services.
    #[must_use]
    pub fn start() -> Self {
        let mut world = World::start();
        // A request that the services do not know is answered as such, and does not end the session.
        world.expect_violations();
        world.add_connection(Connection::managed_identity("you", None));
        world.organizations().add_administrator("contoso", "you");
        world.organizations().add_member("contoso", "you");
        let project = world.organizations().add_project("contoso", "web");
        add_tokens(&world, &project);
        world
            .git()
            .add_repository("contoso", "web", "site", &[("index.html", "hello\n")]);
        world.feeds().add("contoso", "packages");
        world
            .feeds()
            .grant("contoso", "packages", "you", Role::Publisher);
        world.marketplace().set_role("pub", "you", Some("Owner"));
        world.microsoft_graph().add_reader("you");
        let extension = extension(&world);
        let written = fs::create_dir_all(&extension)
            .and_then(|()| fs::write(extension.join("vss-extension.json"), MANIFEST))
            .and_then(|()| fs::write(extension.join("hello.html"), "<p>Hello</p>\n"));
        written.expect("the folder of the emulator can be written");
        let certificates = world.ca_file().display().to_string();
        let mut variables = vec![
            (
                "IDENTITY_ENDPOINT",
                world.managed_identity().url().to_owned(),
            ),
            ("IDENTITY_HEADER", world.managed_identity().secret()),
            ("HTTPS_PROXY", world.network().url()),
            ("NO_PROXY", "127.0.0.1,localhost".to_owned()),
            ("ADIEU_ORGANIZATION", "contoso".to_owned()),
            ("ADIEU_PUBLISHER", "pub".to_owned()),
            ("ADIEU_CREDENTIAL", "managed-identity".to_owned()),
        ];
        // The variables from which adieu, git, curl, Node, npm and Python read their certificate authority.
        let authority = [
            "SSL_CERT_FILE",
            "GIT_SSL_CAINFO",
            "CURL_CA_BUNDLE",
            "NODE_EXTRA_CA_CERTS",
            "REQUESTS_CA_BUNDLE",
            "PIP_CERT",
            "NPM_CONFIG_CAFILE",
        ];
        variables.extend(authority.map(|name| (name, certificates.clone())));
        Self { world, variables }
    }

    /// What to try, as text for a terminal.
    #[must_use]
    pub fn introduction(&self) -> String {
        let client_id = self.world.client_id(MY_CONNECTION);
        format!(
            "This shell has an emulated Azure DevOps: organization contoso, project web, repository site, publisher pub, \
             feed packages. You are signed in.\n\n  \
             adieu whoami\n  \
             adieu doctor --repository web/site\n  \
             adieu token --output json\n  \
             adieu token --output header | curl -H @- https://dev.azure.com/contoso/_apis/projects\n  \
             adieu exec -- printenv AZURE_DEVOPS_TOKEN_EXPIRES_ON\n  \
             adieu feeds check --feed contoso/packages\n  \
             adieu pats --organization contoso\n  \
             adieu scan --organization contoso\n  \
             adieu onboard --organization contoso --identity {client_id} --project web=contributor\n  \
             adieu onboard --list\n  \
             adieu offboard --organization contoso --identity {client_id}\n  \
             adieu extension publish --root {extension}\n\n\
             Nothing here leaves this machine. Type exit to end it.",
            extension = extension(&self.world).display()
        )
    }
}

/// Adds tokens to find: two of users, and one in a service connection.
fn add_tokens(world: &World, project: &str) {
    let organizations = world.organizations();
    for (account, name, pat) in [
        ("ada@contoso.example", "Ada", "feeds"),
        ("grace@contoso.example", "Grace", "release"),
    ] {
        organizations.add_user("contoso", account, name);
        let pat = Pat {
            name: pat,
            organizations: usize::from(name == "Ada"),
            ..Pat::default()
        };
        organizations.add_pat("contoso", account, &pat);
    }
    let connection = organizations.add_resource(
        "contoso",
        Some(project),
        Resource::ServiceConnection,
        json!({
            "name": "marketplace", "type": "VsMarketplace", "isShared": false,
            "url": "https://marketplace.visualstudio.com",
            "authorization": { "scheme": "Token", "parameters": { "apitoken": "hidden" } },
        }),
    );
    organizations.use_service_connection(&connection, "2026-11-20T08:00:00Z", "CI");
}

/// Creates the folder of the extension to publish.
fn extension(world: &World) -> PathBuf {
    world.folder().join("hello")
}
