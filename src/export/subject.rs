//! A subject taken apart, and the cluster that a report is of.

use super::read::Exported;

/// `Kind/name` or `Kind/namespace/name`. What is otherwise is a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Subject<'a> {
    /// Empty where it names none.
    pub kind: &'a str,
    /// Empty for what is in none.
    pub namespace: &'a str,
    pub name: &'a str,
}

impl<'a> Subject<'a> {
    pub fn read(text: &'a str) -> Self {
        let Some((kind, rest)) = text.split_once('/') else { return Self { name: text, ..Self::default() } };
        let (namespace, name) = rest.split_once('/').unwrap_or(("", rest));
        Self { kind, namespace, name }
    }
}

/// The UID of the cluster, which a report has among other words: `version v1.34.4, uid cde13000-…, context lab`.
pub fn cluster(of: &Exported) -> Option<&str> {
    of.archive.cluster.split(", ").find_map(|part| part.strip_prefix("uid ")).filter(|uid| !uid.is_empty())
}

/// The context by which the cluster was asked. It comes last among those words, and may hold anything.
#[cfg(feature = "parquet")]
pub fn context(of: &Exported) -> Option<&str> {
    let (before, name) = of.archive.cluster.split_once("context ")?;
    Some(name).filter(|name| !name.is_empty() && (before.is_empty() || before.ends_with(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_taken_apart() {
        let subject = |kind, namespace, name| Subject { kind, namespace, name };
        assert_eq!(Subject::read("Pod/shop/api-1"), subject("Pod", "shop", "api-1"));
        assert_eq!(Subject::read("Node/node-1"), subject("Node", "", "node-1"));
        assert_eq!(Subject::read("shop"), subject("", "", "shop"));
        assert_eq!(Subject::read("A/b/c/d"), subject("A", "b", "c/d"));
    }

    #[test]
    fn a_cluster_is_known_by_its_uid() {
        let mut of = Exported::default();
        assert_eq!(cluster(&of), None);
        of.archive.cluster = "version v1.34.4, uid cde13000, context lab".to_owned();
        assert_eq!(cluster(&of), Some("cde13000"));
    }

    #[cfg(feature = "parquet")]
    #[test]
    fn a_context_is_all_that_stands_last() {
        let mut of = Exported::default();
        let mut known = |cluster: &str| {
            of.archive.cluster = cluster.to_owned();
            context(&of).map(str::to_owned)
        };
        assert_eq!(known("version v1.34.4, uid u, context a, b"), Some("a, b".to_owned()));
        assert_eq!(known("context lab"), Some("lab".to_owned()));
        assert_eq!((known("version v1.34.4, uid u"), known("uid nocontext x")), (None, None));
    }
}
