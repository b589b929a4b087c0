//! What a unit of a node is, whatever a distribution calls it: rules ask for a class, not for names.
//!
//! A unit may be of several classes: k3s, RKE2 and k0s run kubelet, runtime and etcd in one, or under one (k3s,
//! pkg/cli/agent and pkg/executor/embed; k0s, pkg/supervisor). Programs of syslog lines and snaps are named here, too.

/// What a unit does for its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitClass {
    Kernel,
    Kubelet,
    Runtime,
    Etcd,
    /// Sets the node's clock.
    Clock,
    /// Kills processes before the kernel does.
    OomKiller,
    /// systemd itself, whatever unit it speaks of.
    Systemd,
}

use UnitClass::{Clock, Etcd, Kernel, Kubelet, OomKiller, Runtime, Systemd};

/// Classes by the names of units and programs, without `.service`, `snap.` and what stands behind `@`.
const UNITS: [(&[&str], &[UnitClass]); 9] = [
    (&["kernel"], &[Kernel]),
    (
        &[
            "hyperkube",
            "kubelet",
            // OpenShift's (kubensmnt/kubensenter, of which machine-config-operator's kubelet.service makes use).
            "kubenswrapper",
            "kubelet-eks",
            "kubelet-eks.daemon",
            "kubelet-wrapper",
            "kubelet.daemon",
            "kubelite",
            "microk8s.daemon-kubelet",
            "microk8s.daemon-kubelite",
        ],
        &[Kubelet],
    ),
    (
        &[
            "containerd",
            "cri-docker",
            "cri-dockerd",
            "cri-o",
            "crio",
            "docker",
            "docker.dockerd",
            "dockerd",
            "microk8s.daemon-containerd",
            "podman",
        ],
        &[Runtime],
    ),
    (&["k3s-agent", "k0sworker", "rke2-agent"], &[Kubelet, Runtime]),
    (&["k0s", "k0scontroller", "k3s", "k3s-server", "rke2", "rke2-server"], &[Kubelet, Runtime, Etcd]),
    (&["etcd", "etcd-member", "etcd.etcd", "etcd2", "etcd3", "microk8s.daemon-etcd"], &[Etcd]),
    (&["chrony", "chronyd", "ntp", "ntpd", "ntpsec", "openntpd", "systemd-timesyncd"], &[Clock]),
    (&["earlyoom", "nohang", "oomd", "systemd-oomd"], &[OomKiller]),
    (&["init", "systemd"], &[Systemd]),
];

impl UnitClass {
    pub const ALL: [Self; 7] = [Kernel, Kubelet, Runtime, Etcd, Clock, OomKiller, Systemd];

    /// As rules write it.
    pub fn name(self) -> &'static str {
        match self {
            Kernel => "kernel",
            Kubelet => "kubelet",
            Runtime => "runtime",
            Etcd => "etcd",
            Clock => "clock",
            OomKiller => "oom-killer",
            Systemd => "systemd",
        }
    }

    /// The class that rules write so.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }
}

/// The classes of a unit, or of a program as a line of syslog names it; none of one that nothing is known of.
pub fn classes(name: &str) -> &'static [UnitClass] {
    let name = name.strip_suffix(".service").unwrap_or(name);
    let name = name.strip_prefix("snap.").unwrap_or(name);
    let name = name.split_once('@').map_or(name, |(template, _)| template);
    UNITS.iter().find(|(names, _)| names.contains(&name)).map_or(&[], |(_, classes)| classes)
}

/// Whether a unit is of a class, or is the one that is called so.
pub fn is(unit: &str, class_or_name: &str) -> bool {
    UnitClass::named(class_or_name).map_or(unit == class_or_name, |class| classes(unit).contains(&class))
}

/// Who wrote a line of a unit's journal: systemd writes of a unit what stands in that unit's journal.
pub fn writer<'a>(unit: &'a str, program: &'a str) -> &'a str {
    let is_systemd = classes(program).contains(&Systemd);
    if is_systemd { Systemd.name() } else { unit }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_known_by_every_name_that_distributions_give_it() {
        let of = |class: &str, names: &[&str]| names.iter().for_each(|name| assert!(is(name, class), "{name} {class}"));
        of(
            "kubelet",
            &["kubelet", "kubelet.service", "k3s", "k3s-agent", "rke2-server", "rke2-agent", "snap.kubelet-eks.daemon"],
        );
        of("kubelet", &["microk8s.daemon-kubelite", "snap.microk8s.daemon-kubelite", "k0sworker", "k0scontroller"]);
        of("runtime", &["docker", "dockerd", "containerd", "crio", "cri-o", "podman", "cri-docker"]);
        of("runtime", &["snap.docker.dockerd", "snap.microk8s.daemon-containerd", "k3s", "rke2-agent"]);
        of("etcd", &["etcd", "k3s", "rke2-server", "etcd@node-1.service"]);
        of("clock", &["chronyd", "chrony", "ntpd", "systemd-timesyncd"]);
        of("oom-killer", &["systemd-oomd", "earlyoom"]);
        of("systemd", &["systemd"]);
        of("kernel", &["kernel"]);
        // A unit that is of no class is known by its own name only.
        assert!(is("iscsid", "iscsid") && !is("iscsid", "kubelet") && classes("iscsid").is_empty());
        assert!(!is("kubelet", "runtime") && !is("containerd", "kubelet") && !is("k3s-agent", "etcd"));
    }

    #[test]
    fn what_systemd_says_of_a_unit_is_not_the_units() {
        assert_eq!(
            (writer("k3s", "systemd"), writer("k3s", "k3s"), writer("k3s", "init")),
            ("systemd", "k3s", "systemd")
        );
    }

    #[test]
    fn no_name_stands_twice() {
        let mut names: Vec<&str> = UNITS.iter().flat_map(|(names, _)| names.iter().copied()).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        UnitClass::ALL.iter().for_each(|class| assert_eq!(UnitClass::named(class.name()), Some(*class)));
    }
}
