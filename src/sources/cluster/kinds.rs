//! Kinds that are not taken as they are: what would come twice, and what is made to hold credentials.
//!
//! Whatever is in no table here is listed whole. Custom resources can hold anything; these tables know what is made
//! for it, and no more.

/// Kinds, and why they are treated otherwise.
#[derive(Debug)]
pub struct Rule {
    /// Empty for the core group.
    pub group: &'static str,
    /// `*` for all of the group.
    pub plural: &'static str,
    pub why: &'static str,
}

const fn rule(group: &'static str, plural: &'static str, why: &'static str) -> Rule {
    Rule { group, plural, why }
}

/// Kinds that are not listed. Both APIs of events have one store (kubernetes v1.34.4,
/// pkg/registry/events/rest/storage_events.go); tokens are described in the OpenShift API reference, OAuthAccessToken.
pub static LEFT_OUT: &[Rule] = &[
    rule("", "componentstatuses", "deprecated since 1.19, and made when asked for: controlplane/ has what is asked"),
    rule("authorization.openshift.io", "*", "views of the kinds of rbac.authorization.k8s.io"),
    rule("events.k8s.io", "events", "the same objects as events, which have all that these have"),
    rule("extensions", "*", "the same objects as in apps, networking.k8s.io and policy"),
    rule("image.openshift.io", "imagestreamtags", "a view of image streams, made at great cost"),
    rule("image.openshift.io", "imagetags", "a view of image streams, made at great cost"),
    rule("oauth.openshift.io", "oauthaccesstokens", "the name is made of the credential; only newer releases hash it"),
    rule(
        "oauth.openshift.io",
        "oauthauthorizetokens",
        "the name is made of the credential; only newer releases hash it",
    ),
    rule("oauth.openshift.io", "useroauthaccesstokens", "a view of oauthaccesstokens"),
    rule("packages.operators.coreos.com", "packagemanifests", "a view of catalogs that are not the cluster's"),
    rule("project.openshift.io", "projects", "a view of namespaces"),
];

/// Kinds of which only the metadata is asked for, besides those with one of [`CREDENTIAL_WORDS`].
pub static METADATA_ONLY: &[Rule] = &[
    rule("", "configmaps", "configuration holds passwords more often than not"),
    rule("bootstrap.cluster.x-k8s.io", "*", "files and commands for new machines, with join tokens and keys"),
    rule("build.openshift.io", "buildconfigs", "secrets of webhooks"),
    rule("helm.cattle.io", "helmcharts", "values of charts"),
    rule("machineconfiguration.openshift.io", "controllerconfigs", "pull secrets"),
    rule("machineconfiguration.openshift.io", "machineconfigs", "files of machines, with keys and pull secrets"),
    rule("oauth.openshift.io", "oauthclients", "secrets of clients"),
];

/// A kind whose plural has one of these words in it is asked for its metadata only.
pub static CREDENTIAL_WORDS: &[&str] =
    &["apikey", "credential", "kubeconfig", "password", "privatekey", "secret", "token"];

/// Kinds that have such a word and hold no values.
pub static HARMLESS: &[Rule] = &[
    rule("bitnami.com", "sealedsecrets", "encrypted for the controller alone"),
    rule("external-secrets.io", "clusterexternalsecrets", "say where values are"),
    rule("external-secrets.io", "externalsecrets", "say where values are"),
    rule("secrets-store.csi.x-k8s.io", "secretproviderclasses", "say where values are"),
    rule("secrets-store.csi.x-k8s.io", "secretproviderclasspodstatuses", "say which values a pod has mounted"),
];

/// How a kind is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    Whole,
    MetadataOnly,
    LeftOut,
}

pub fn treatment(group: &str, plural: &str) -> Treatment {
    let is_in =
        |rules: &[Rule]| rules.iter().any(|rule| rule.group == group && (rule.plural == "*" || rule.plural == plural));
    let is_credential = CREDENTIAL_WORDS.iter().any(|word| plural.contains(word));
    match () {
        () if is_in(LEFT_OUT) => Treatment::LeftOut,
        () if is_in(METADATA_ONLY) || (is_credential && !is_in(HARMLESS)) => Treatment::MetadataOnly,
        () => Treatment::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_treated_by_group_and_plural() {
        let cases = [
            ("", "secrets", Treatment::MetadataOnly),
            ("", "configmaps", Treatment::MetadataOnly),
            ("", "events", Treatment::Whole),
            ("events.k8s.io", "events", Treatment::LeftOut),
            ("extensions", "ingresses", Treatment::LeftOut),
            ("networking.k8s.io", "ingresses", Treatment::Whole),
            ("bitnami.com", "sealedsecrets", Treatment::Whole),
            ("example.com", "sealedsecrets", Treatment::MetadataOnly),
            ("example.com", "databasecredentials", Treatment::MetadataOnly),
            ("example.com", "configmaps", Treatment::Whole),
            ("example.com", "widgets", Treatment::Whole),
        ];
        for (group, plural, expected) in cases {
            assert_eq!(treatment(group, plural), expected, "{plural}.{group}");
        }
    }

    #[test]
    fn every_exception_is_one() {
        for rule in HARMLESS {
            assert!(CREDENTIAL_WORDS.iter().any(|word| rule.plural.contains(word)), "{rule:?}");
        }
    }
}
