//! Microsoft Entra error codes: what each means for the identity that signs in, and what to do about it.
//!
//! It does not depend on a connection and prints nothing. A test checks that every code has a section in
//! docs/troubleshooting/. Source: learn.microsoft.com, "Microsoft Entra authentication and authorization error codes"
//! and "Troubleshoot an Azure Resource Manager workload identity service connection".

/// The meaning of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Meaning {
    /// The number after `AADSTS`.
    pub(crate) code: u32,
    /// The end of a sentence that starts with "Microsoft Entra refused the service connection".
    pub(crate) because: &'static str,
    /// The remedy for the author of a step.
    pub(crate) in_a_step: &'static str,
    /// The remedy for a command line.
    pub(crate) by_flags: &'static str,
    /// Whether to compare issuer, subject and audience of the presented token.
    pub(crate) compare_claims: bool,
}

/// The meaning of a code, if it is known.
pub(crate) fn meaning(code: u32) -> Option<&'static Meaning> {
    MEANINGS.iter().find(|meaning| meaning.code == code)
}

const fn federation(code: u32, because: &'static str, remedy: &'static str) -> Meaning {
    Meaning {
        compare_claims: true,
        ..other(code, because, remedy)
    }
}

const fn other(code: u32, because: &'static str, remedy: &'static str) -> Meaning {
    Meaning {
        code,
        because,
        in_a_step: remedy,
        by_flags: remedy,
        compare_claims: false,
    }
}

/// No federated credential matches the ID token.
const fn unmatched(code: u32, because: &'static str) -> Meaning {
    federation(code, because, COMPARE).by_flags(COMPARE_HERE)
}

impl Meaning {
    /// Sets another remedy for a command line, where inputs and connections have other names.
    const fn by_flags(self, remedy: &'static str) -> Self {
        Self {
            by_flags: remedy,
            ..self
        }
    }
}

const COMPARE: &str = "Open the app registration (or managed identity) → Certificates & secrets \
                       → Federated credentials and make its issuer, subject identifier and \
                       audience exactly equal to those above. If the credential is only minutes \
                       old, run the job again.";
const COMPARE_HERE: &str = "Open the app registration (or managed identity) → Certificates & \
                            secrets → Federated credentials and make its issuer, subject \
                            identifier and audience exactly equal to those above. If the \
                            credential is only minutes old, try again.";
const EXCLUDE: &str = "Have the tenant's administrator exclude this workload identity from \
    that Conditional Access policy.";
const TENANT_INPUT: &str = "Set the task's input tenantId, or the connection's tenant, to the \
    tenant that the identity belongs to.";
const TENANT_FLAG: &str = "Set --tenant to the tenant that the identity belongs to.";
const ALLOW: &str =
    "Have the tenant's administrator allow the issuer above (workload identity federation policy).";
const OWN: &str = "because of a temporary Microsoft Entra error";
const AGAIN_JOB: &str = "Run the job again; the task has already retried.";
const AGAIN: &str = "Try again in a few minutes; Adieu has already retried.";
const FETCH_JOB: &str = "Run the job again: Microsoft Entra failed to fetch the issuer's keys.";
const FETCH: &str =
    "Try again in a few minutes: Microsoft Entra failed to fetch the issuer's keys.";

/// Sorted by code.
pub(crate) const MEANINGS: &[Meaning] = &[
    other(
        50_020,
        "because its account is not in this tenant",
        TENANT_INPUT,
    )
    .by_flags(TENANT_FLAG),
    federation(
        50_027,
        "because it cannot read the ID token",
        "Run the job again. If it repeats, save the service connection again, so that it gets a \
         new ID token.",
    )
    .by_flags("Use another ID token: the one that was presented cannot be read."),
    other(
        50_034,
        "because the account does not exist in this directory",
        "Compare the client ID and the tenant with the overview page of the app registration.",
    ),
    other(
        50_076,
        "because the resource requires multi-factor authentication, which a workload identity \
         cannot provide",
        EXCLUDE,
    ),
    other(
        50_105,
        "because the identity is not assigned to the application that the token is for",
        "In the enterprise application of the resource, add this identity under Users and groups, \
         or switch off \"Assignment required\".",
    ),
    other(
        50_166,
        "because it could not reach the issuer of the ID token",
        FETCH_JOB,
    )
    .by_flags(FETCH),
    other(
        53_003,
        "because a Conditional Access policy blocks it",
        "Have the tenant's administrator allow the agent's address (those of hosted agents \
         change) or exclude this workload identity; the sign-in log under the correlation ID \
         names the policy.",
    )
    .by_flags(
        "Have the tenant's administrator allow this machine's address or exclude this identity; \
         the sign-in log under the correlation ID names the policy.",
    ),
    other(
        65_001,
        "because there is no consent for the permission",
        "Have the tenant's administrator grant consent on the app registration → API permissions.",
    ),
    other(
        70_011,
        "because the scope is not valid",
        "Write the resource in tokens as an application ID, an application ID URI or a scope \
         that ends in /.default.",
    )
    .by_flags(
        "Write --resource as an application ID, an application ID URI or a scope that \
     ends in /.default.",
    ),
    unmatched(
        70_021,
        "because no federated credential matches its ID token",
    ),
    other(
        70_023,
        "because it does not accept the lifetime of the ID token",
        "Save the service connection again. If it repeats, the issuer is not Azure DevOps.",
    )
    .by_flags("Use an ID token of an issuer that the federated credential names."),
    federation(
        70_025,
        "because the application has no federated credential",
        "Open the app registration → Certificates & secrets → Federated credentials → Add \
         credential, scenario \
        \"Other issuer\", and enter the issuer, subject identifier and audience above.",
    ),
    other(
        70_052,
        "because the identity must be a managed identity or a single-tenant application",
        "Change the app registration → Authentication → supported account types to this \
         organization only, or use a managed \
        identity; several tenants need an application and a connection each.",
    )
    .by_flags(
        "Change the app registration → Authentication → supported account types to this \
         organization only, or use a managed identity.",
    ),
    other(
        90_002,
        "because the tenant does not exist in this cloud",
        "Check the tenant (the connection's, or the input tenantId), and that the connection is \
         for the tenant's cloud.",
    )
    .by_flags(
        "Check --tenant or AZURE_TENANT_ID, and that AZURE_AUTHORITY_HOST names the tenant's \
         cloud.",
    ),
    other(90_006, OWN, AGAIN_JOB).by_flags(AGAIN),
    other(90_012, OWN, AGAIN_JOB).by_flags(AGAIN),
    other(90_024, OWN, AGAIN_JOB).by_flags(AGAIN),
    other(90_033, OWN, AGAIN_JOB).by_flags(AGAIN),
    other(90_055, OWN, AGAIN_JOB).by_flags(AGAIN),
    other(
        90_061,
        "because it could not reach the issuer of the ID token",
        FETCH_JOB,
    )
    .by_flags(FETCH),
    other(
        90_072,
        "because the account is not in this tenant",
        TENANT_INPUT,
    )
    .by_flags(TENANT_FLAG),
    other(90_090, OWN, AGAIN_JOB).by_flags(AGAIN),
    other(
        500_011,
        "because the tenant does not have the resource that the token is for",
        "Check the resource in tokens; for Azure DevOps, use the tenant that the organization is \
         connected to (Organization settings → Microsoft Entra).",
    )
    .by_flags(
        "Check --resource; for Azure DevOps, --organization finds the tenant that the \
     organization is connected to.",
    ),
    other(
        500_341,
        "because the account was deleted",
        "Save the service connection with an identity that exists.",
    )
    .by_flags("Use an identity that exists."),
    other(
        530_003,
        "because a Conditional Access policy requires a managed device",
        EXCLUDE,
    ),
    other(
        700_003,
        "because the device was deleted",
        "Have the tenant's administrator exclude this workload identity from device policies.",
    ),
    other(
        700_016,
        "because the application is not in this tenant",
        "Compare the connection's client ID and tenant with the overview page of the app \
         registration; with the input tenantId, the application must be known in that tenant, \
         too.",
    )
    .by_flags(
        "Compare client ID and tenant with the overview page of the app registration; with \
         --tenant, the application must be known in that tenant.",
    ),
    federation(
        700_024,
        "because its ID token had expired, and a new one was refused, too",
        "Correct the issuer's clock: both tokens were minutes old at most. Microsoft's status \
         page lists incidents.",
    ),
    other(
        700_027,
        "because its assertion was not signed with a certificate of the application",
        "Upload the connection's certificate to the app registration → Certificates & secrets → \
         Certificates, or put the current one into the connection.",
    ),
    other(
        700_030,
        "because the application does not trust a certificate with this subject name",
        "Upload the connection's certificate itself to the app registration → Certificates & \
         secrets → Certificates.",
    ),
    unmatched(
        700_211,
        "because no federated credential has the issuer of its ID token",
    ),
    unmatched(
        700_212,
        "because no federated credential has the audience of its ID token",
    ),
    unmatched(
        700_213,
        "because no federated credential has the subject of its ID token",
    ),
    federation(
        700_223,
        "because the tenant does not allow workload identity federation",
        ALLOW,
    ),
    federation(
        700_229,
        "because the presented token is not an app-only token",
        "Save the service connection again; the job's ID token is of another kind.",
    )
    .by_flags("Present an ID token for an application."),
    federation(
        700_238,
        "because a tenant policy does not allow this issuer",
        ALLOW,
    ),
    other(
        900_023,
        "because the tenant is neither a domain name nor a GUID",
        "Correct the tenant: the connection's, or the input tenantId.",
    )
    .by_flags("Correct --tenant or AZURE_TENANT_ID."),
    other(
        900_382,
        "because the connection's cloud is not the cloud of the tenant",
        "Create the service connection in the tenant's cloud.",
    )
    .by_flags("Set AZURE_AUTHORITY_HOST to the tenant's cloud."),
    other(
        7_000_112,
        "because the application is disabled",
        "Have the tenant's administrator enable the enterprise application (Properties → \
         Enabled for users to sign-in).",
    ),
    other(
        7_000_215,
        "because its secret is wrong",
        "Put the secret's value, not its ID, into the connection, or, better, convert the \
         connection to workload identity federation, which has no secret.",
    ),
    other(
        7_000_222,
        "because its secret has expired",
        "Convert the connection to workload identity federation (the button on its page), which \
         has no secret; or put a new secret into it.",
    ),
    other(
        7_000_229,
        "because the application has no enterprise application (service principal) in this tenant",
        "Have the tenant's administrator create it (az ad sp create --id, with the client ID \
         above); or correct the connection's tenant.",
    )
    .by_flags(
        "Have the tenant's administrator create it (az ad sp create --id, with the client ID \
         above); or correct --tenant.",
    ),
    unmatched(
        7_002_137,
        "because no federated credential of this managed identity has the subject of its ID token",
    ),
    unmatched(
        7_002_138,
        "because no federated credential has the subject of its ID token in the same letter case",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn explains_each_number_once() {
        for (index, meaning) in MEANINGS.iter().enumerate() {
            let again = MEANINGS[index + 1..]
                .iter()
                .any(|other| other.code == meaning.code);
            assert!(!again, "{}", meaning.code);
        }
    }

    #[test]
    fn explains_in_whole_sentences() {
        for meaning in MEANINGS {
            assert!(meaning.because.starts_with("because "), "{}", meaning.code);
            assert!(meaning.in_a_step.ends_with('.'), "{}", meaning.code);
            assert!(meaning.by_flags.ends_with('.'), "{}", meaning.code);
        }
    }

    #[test]
    fn names_no_input_and_no_job_to_a_command_line() {
        for meaning in MEANINGS {
            for word in ["the job", "input", "tenantId", "the task"] {
                assert!(!meaning.by_flags.contains(word), "{}: {word}", meaning.code);
            }
        }
    }
}
