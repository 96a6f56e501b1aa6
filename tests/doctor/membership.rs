//! The members of an organization and of a publisher, and who can change them.
//!
//! It adds no member; onboard.rs does.

use expect_test::expect;

use super::{EVERYTHING, examined, finds, world};
use crate::shell::Shell;

#[test]
fn names_who_can_add_a_missing_member() {
    let world = world();
    world.organizations().add("fabrikam");
    let output = examined(
        &Shell::machine(&world),
        &["doctor", "--organization", "fabrikam"],
    );
    finds(
        &world,
        &output,
        &expect![[r#"
            ok        configuration  managed-identity
            ok        proxy          [PROXY]
            ok        names          the proxy resolves them
            ok        trust          each certificate is trusted
            ok        hosts          reached: login.microsoftonline.com, app.vssps.visualstudio.com, dev.azure.com, vsaex.dev.azure.com
            ok        clock          within a minute of the services
            skipped   federation     this credential does not present an ID token
            ok        token          for Azure DevOps, by managed-identity, of tenant [TENANT]
            ok        identity       app's principal ([PROFILE])
            failed    organization   fabrikam accepts the token, but this identity has not been added to it (TF401444, 401 of dev.azure.com).
                                       it said: TF401444: Please sign-in at least once as [TENANT]\[TENANT]\[OBJECT] in a web browser to enable access to the service.
                                       x-vss-e2eid: [GUID]
                                       activityid: [GUID]
                                       x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
                                       identity: [PROFILE]
                                       its name: app's principal
                                       object id: [OBJECT]
                                       token's tenant: [TENANT]
            skipped   license        it is not a member

            What to do next: Have an administrator of the organization run: adieu onboard --organization fabrikam --identity [OBJECT]
            More: adieu explain tf401444
            exit 1
        "#]],
    );
}

#[test]
fn a_stakeholder_cannot_read_repositories() {
    let world = world();
    world.organizations().make_stakeholder("contoso", "app");
    let shell = Shell::machine(&world);
    let output = examined(&shell, &["doctor", "--organization", "contoso"]);
    finds(
        &world,
        &output,
        &expect![[r#"
            ok        configuration  managed-identity
            ok        proxy          [PROXY]
            ok        names          the proxy resolves them
            ok        trust          each certificate is trusted
            ok        hosts          reached: login.microsoftonline.com, app.vssps.visualstudio.com, dev.azure.com, vsaex.dev.azure.com
            ok        clock          within a minute of the services
            skipped   federation     this credential does not present an ID token
            ok        token          for Azure DevOps, by managed-identity, of tenant [TENANT]
            ok        identity       app's principal ([PROFILE])
            ok        organization   a member of contoso
            warning   license        The access level in contoso is Stakeholder, which cannot read repositories.

            What to do next: An administrator runs: adieu onboard --organization contoso --identity [OBJECT] --access-level basic
            More: adieu explain tf401019
            exit 0
        "#]],
    );
    finds(
        &world,
        &examined(&shell, &EVERYTHING),
        &expect![[r#"
            ok        configuration  managed-identity
            ok        proxy          [PROXY]
            ok        names          the proxy resolves them
            ok        trust          each certificate is trusted
            ok        hosts          reached: login.microsoftonline.com, app.vssps.visualstudio.com, dev.azure.com, vsaex.dev.azure.com, marketplace.visualstudio.com
            ok        clock          within a minute of the services
            skipped   federation     this credential does not present an ID token
            ok        token          for Azure DevOps, by managed-identity, of tenant [TENANT]
            ok        identity       app's principal ([PROFILE])
            ok        organization   a member of contoso
            warning   license        The access level in contoso is Stakeholder, which cannot read repositories.
            failed    repository     The repository web/site does not exist, or this identity may not see it (TF401019).
                                       it said: TF401019: The Git repository with name or identifier site does not exist or you do not have permissions for the operation you are attempting.
                                       x-vss-e2eid: [GUID]
                                       activityid: [GUID]
                                       x-msedge-ref: Ref A: 0 Ref B: EMULATOR Ref C: 0
            ok        publisher      Contributor of pub

            What to do next: Give the identity the access level Basic, and Read in the repository's Security (Project settings → Repositories).
            More: adieu explain tf401019
            exit 1
        "#]],
    );
}

#[test]
fn a_publisher_that_does_not_know_the_identity_names_the_id_and_the_page() {
    let world = world();
    world.marketplace().set_role("pub", "app", None);
    let shell = Shell::machine(&world);
    let asked = ["doctor", "--publisher", "pub"];
    finds(
        &world,
        &examined(&shell, &asked),
        &expect![[r#"
            ok        configuration  managed-identity
            ok        proxy          [PROXY]
            ok        names          the proxy resolves them
            ok        trust          each certificate is trusted
            ok        hosts          reached: login.microsoftonline.com, app.vssps.visualstudio.com, marketplace.visualstudio.com
            ok        clock          within a minute of the services
            skipped   federation     this credential does not present an ID token
            ok        token          for Azure DevOps, by managed-identity, of tenant [TENANT]
            ok        identity       app's principal ([PROFILE])
            failed    publisher      The identity is not a member of the publisher pub.

            What to do next: An Owner opens https://marketplace.visualstudio.com/manage/publishers/pub → Members → Add, and pastes [PROFILE] with the role Contributor (Creator for a new extension).
            More: adieu explain publisher-member
            exit 1
        "#]],
    );
    world.marketplace().set_role("pub", "app", Some("Reader"));
    finds(
        &world,
        &examined(&shell, &asked),
        &expect![[r#"
            ok        configuration  managed-identity
            ok        proxy          [PROXY]
            ok        names          the proxy resolves them
            ok        trust          each certificate is trusted
            ok        hosts          reached: login.microsoftonline.com, app.vssps.visualstudio.com, marketplace.visualstudio.com
            ok        clock          within a minute of the services
            skipped   federation     this credential does not present an ID token
            ok        token          for Azure DevOps, by managed-identity, of tenant [TENANT]
            ok        identity       app's principal ([PROFILE])
            warning   publisher      The identity is a Reader of the publisher pub, which cannot publish.

            What to do next: An Owner opens https://marketplace.visualstudio.com/manage/publishers/pub → Members, and changes the role to Contributor.
            More: adieu explain publisher-member
            exit 0
        "#]],
    );
}
