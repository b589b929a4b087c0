//! Whether a change was made by hand or by automation, as far as its record tells: the kind of actor that an audit log
//! names, or the program that wrote (KEP-555: the default name of a writer is that of its program).
//!
//! A program that people and scripts use alike, such as `kubectl apply`, tells neither.

/// How a change was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    Hand,
    Automation,
}

/// Programs in which somebody types: editors of objects, and pages.
const BY_HAND: [&str; 5] = ["Mozilla", "k9s", "kubectl-edit", "lens", "rancher-ui"];
/// Programs that bring what stands in a repository or a chart, or that act by themselves.
const BY_AUTOMATION: [&str; 7] = [
    "argocd",
    "cluster-autoscaler",
    "flux",
    "helm-controller",
    "keda",
    "kustomize-controller",
    "pulumi-kubernetes-operator",
];

impl Means {
    /// As reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hand => "by-hand",
            Self::Automation => "by-automation",
        }
    }

    /// Of what a record says was done, and by which program.
    pub fn of(what: &str, by: &str) -> Option<Self> {
        let actor = what.rsplit_once(", by ").map(|(_, actor)| actor);
        let begins = |programs: &[&str]| programs.iter().any(|program| by.starts_with(program));
        match actor {
            Some(actor) if actor.starts_with("a person") => Some(Self::Hand),
            Some(actor)
                if actor.starts_with("ServiceAccount") || actor.starts_with("the ") || actor == "a robot account" =>
            {
                Some(Self::Automation)
            }
            _ if begins(&BY_HAND) => Some(Self::Hand),
            _ if begins(&BY_AUTOMATION) => Some(Self::Automation),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_record_tells_is_told() {
        for (what, by, means) in [
            ("lanes changed, by a person with kubectl", "kubectl", Some(Means::Hand)),
            ("lanes was written by kubectl edit", "kubectl-edit", Some(Means::Hand)),
            ("image of app from a to b, by ServiceAccount ci/deployer", "kubectl", Some(Means::Automation)),
            ("lanes changed, by a robot account", "helm", Some(Means::Automation)),
            ("spec (template) was written by argocd-controller", "argocd-controller", Some(Means::Automation)),
            ("lanes was written by kubectl patch", "kubectl-patch", None),
            ("spec (template) was written by helm", "helm", None),
            ("rolled out anew", "", None),
        ] {
            assert_eq!(Means::of(what, by), means, "{what}");
        }
    }
}
