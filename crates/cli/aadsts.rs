//! Microsoft Entra's refusals by number: what each means for a service connection, and the one thing
//! to do about it.
//!
//! It knows no connection and prints nothing. Every number has its entry in TROUBLESHOOTING.md, which a
//! test holds. Source: learn.microsoft.com, "Microsoft Entra authentication and authorization error
//! codes" and "Troubleshoot an Azure Resource Manager workload identity service connection".

/// What a number means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Meaning {
    /// The number behind `AADSTS`.
    pub(crate) code: u32,
    /// The end of a sentence that begins with "Microsoft Entra refused the service connection".
    pub(crate) because: &'static str,
    /// What to do.
    pub(crate) remedy: &'static str,
    /// Whether issuer, subject and audience of the presented token are what must be compared.
    pub(crate) compare_claims: bool,
}

/// The meaning of a number, where we know one.
pub(crate) fn meaning(code: u32) -> Option<&'static Meaning> {
    MEANINGS.iter().find(|meaning| meaning.code == code)
}

const fn federation(code: u32, because: &'static str, remedy: &'static str) -> Meaning {
    Meaning {
        code,
        because,
        remedy,
        compare_claims: true,
    }
}

const fn other(code: u32, because: &'static str, remedy: &'static str) -> Meaning {
    Meaning {
        code,
        because,
        remedy,
        compare_claims: false,
    }
}

const COMPARE: &str = "Open the app registration (or managed identity) → Certificates & secrets → Federated \
    credentials and make its issuer, subject identifier and audience equal to those above, letter by letter. \
    If the credential was made in the last minutes, run the job again.";

/// In the order of their numbers.
pub(crate) const MEANINGS: &[Meaning] = &[
    other(
        50_020,
        "because its account is not in this tenant",
        "Set the task's input tenantId, or the connection's tenant, to the tenant that the identity belongs to.",
    ),
    federation(
        50_027,
        "because the ID token is no token that it can read",
        "Run the job again; if it repeats, save the service connection anew so that its ID token is minted afresh.",
    ),
    other(
        50_034,
        "because the account does not exist in this directory",
        "Check the connection's client id and tenant against the app registration's overview page.",
    ),
    other(
        50_076,
        "because the resource wants multi-factor authentication, which a pipeline cannot give",
        "Have the tenant's administrator exclude this workload identity from that Conditional Access policy.",
    ),
    other(
        50_105,
        "because the identity is not assigned to the application that the token is for",
        "In the enterprise application of the resource, add this identity under Users and groups, or switch off \"Assignment required\".",
    ),
    other(
        50_166,
        "because it could not reach the ID token's issuer",
        "Run the job again: Microsoft Entra failed to fetch the issuer's keys.",
    ),
    other(
        53_003,
        "because a Conditional Access policy blocks it",
        "Have the tenant's administrator allow the agent's address (hosted agents change theirs) or exclude this workload identity; the sign-in log under the correlation id names the policy.",
    ),
    other(
        65_001,
        "because nobody consented to the permission",
        "Have the tenant's administrator grant consent on the app registration → API permissions.",
    ),
    other(
        70_011,
        "because the scope is not valid",
        "Write the resource in tokens as an application ID, an application ID URI or a scope that ends in /.default.",
    ),
    federation(
        70_021,
        "because no federated credential matches its ID token",
        COMPARE,
    ),
    other(
        70_023,
        "because the ID token's lifetime is not one that it takes",
        "Save the service connection anew; if it repeats, the issuer is not Azure DevOps' own.",
    ),
    federation(
        70_025,
        "because the application has no federated credential at all",
        "Open the app registration → Certificates & secrets → Federated credentials → Add credential, scenario \"Other issuer\", and enter the issuer, subject identifier and audience above.",
    ),
    other(
        70_052,
        "because the application is one for personal accounts",
        "Use an app registration for this organization only (single tenant).",
    ),
    other(
        90_002,
        "because the tenant does not exist in this cloud",
        "Check the tenant (the connection's, or the input tenantId) and that the connection is made for the cloud in which the tenant is.",
    ),
    other(
        90_006,
        "because of a fault of its own that passes",
        "Run the job again; the task has asked several times already.",
    ),
    other(
        90_012,
        "because of a fault of its own that passes",
        "Run the job again; the task has asked several times already.",
    ),
    other(
        90_024,
        "because of a fault of its own that passes",
        "Run the job again; the task has asked several times already.",
    ),
    other(
        90_033,
        "because of a fault of its own that passes",
        "Run the job again; the task has asked several times already.",
    ),
    other(
        90_055,
        "because of a fault of its own that passes",
        "Run the job again; the task has asked several times already.",
    ),
    other(
        90_061,
        "because it could not reach the ID token's issuer",
        "Run the job again: Microsoft Entra failed to fetch the issuer's keys.",
    ),
    other(
        90_072,
        "because the account is not in this tenant",
        "Set the task's input tenantId, or the connection's tenant, to the tenant that the identity belongs to.",
    ),
    other(
        90_090,
        "because of a fault of its own that passes",
        "Run the job again; the task has asked several times already.",
    ),
    other(
        500_011,
        "because the tenant does not have the resource that the token is for",
        "Check the resource in tokens; for Azure DevOps, use the tenant that the organization is connected to (Organization settings → Microsoft Entra).",
    ),
    other(
        500_341,
        "because the account was deleted",
        "Save the service connection with an identity that exists.",
    ),
    other(
        530_003,
        "because a Conditional Access policy asks for a managed device, which an agent is not",
        "Have the tenant's administrator exclude this workload identity from that policy.",
    ),
    other(
        700_003,
        "because the device was deleted",
        "Have the tenant's administrator exclude this workload identity from policies about devices.",
    ),
    other(
        700_016,
        "because the application is not in this tenant",
        "Check the connection's client id against the app registration's overview page, and its tenant likewise; with the input tenantId, the application must be known in that tenant too.",
    ),
    federation(
        700_024,
        "because its ID token was over, and a fresh one was refused likewise",
        "Correct the clock of whatever minted it: both tokens were minutes old at most. Microsoft's status page tells of incidents.",
    ),
    other(
        700_027,
        "because the signature of its assertion is not by a certificate that the application has",
        "Upload the connection's certificate to the app registration → Certificates & secrets → Certificates, or put the current one into the connection.",
    ),
    other(
        700_030,
        "because the application does not trust a certificate with this subject name",
        "Upload the connection's certificate itself to the app registration → Certificates & secrets → Certificates.",
    ),
    federation(
        700_211,
        "because no federated credential has its ID token's issuer",
        COMPARE,
    ),
    federation(
        700_212,
        "because no federated credential has its ID token's audience",
        COMPARE,
    ),
    federation(
        700_213,
        "because no federated credential has its ID token's subject",
        COMPARE,
    ),
    federation(
        700_223,
        "because the tenant does not allow workload identity federation",
        "Have the tenant's administrator allow the issuer above (workload identity federation policy).",
    ),
    federation(
        700_229,
        "because the token that was presented is not one for applications only",
        "Save the service connection anew; its late-bound ID token is of another kind.",
    ),
    federation(
        700_238,
        "because the tenant's policy does not allow this issuer",
        "Have the tenant's administrator allow the issuer above (workload identity federation policy).",
    ),
    other(
        900_023,
        "because the tenant is neither a domain name nor a GUID",
        "Correct the tenant: the connection's, or the input tenantId.",
    ),
    other(
        900_382,
        "because the connection's cloud is not the tenant's",
        "Make the service connection in the cloud in which the tenant is.",
    ),
    other(
        7_000_112,
        "because the application is disabled",
        "Have the tenant's administrator enable the enterprise application (Properties → Enabled for users to sign-in).",
    ),
    other(
        7_000_215,
        "because the connection's secret is wrong",
        "Put the secret's value, not its id, into the connection, or better convert the connection to workload identity federation: then there is no secret.",
    ),
    other(
        7_000_222,
        "because the connection's secret has expired",
        "Convert the connection to workload identity federation (the button on its page), which has no secret; or put a new secret into it.",
    ),
    federation(
        7_002_137,
        "because no federated credential of this managed identity has its ID token's subject",
        COMPARE,
    ),
    federation(
        7_002_138,
        "because no federated credential has its ID token's subject in the same letter case",
        COMPARE,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_each_number_once() {
        for (index, meaning) in MEANINGS.iter().enumerate() {
            let again = MEANINGS[index + 1..]
                .iter()
                .any(|other| other.code == meaning.code);
            assert!(!again, "{}", meaning.code);
        }
    }

    #[test]
    fn speaks_in_whole_sentences() {
        for meaning in MEANINGS {
            assert!(meaning.because.starts_with("because "), "{}", meaning.code);
            assert!(meaning.remedy.ends_with('.'), "{}", meaning.code);
        }
    }
}
