//! Units of a node that tell what happened to it beside the kubelet and the container runtime: taken where the node's
//! journal files have something of them within the window.
//!
//! The log query cannot be asked which units there are, so these come from journal files only.

use super::journal_name::JournalName;

/// Units, without `.service`, and why they matter. A node has few of them.
const UNITS: [(&[&str], &str); 8] = [
    (
        &[
            "k0scontroller",
            "k0sworker",
            "k3s",
            "k3s-agent",
            "rke2-agent",
            "rke2-server",
            "snap.microk8s.daemon-containerd",
            "snap.microk8s.daemon-kubelite",
        ],
        "kubelet, runtime and control plane of distributions that run them as one",
    ),
    (&["cri-docker", "etcd"], "what pods and the API server need, run by systemd"),
    (&["earlyoom", "systemd-oomd"], "kill processes before the kernel does, and no container learns why it ended"),
    (&["chrony", "chronyd", "ntp", "ntpd", "ntpsec", "systemd-timesyncd"], "steps of the clock"),
    (&["NetworkManager", "systemd-networkd", "wickedd"], "links that went down, addresses that were lost"),
    (&["systemd-resolved"], "names that were not resolved"),
    (&["iscsid", "multipathd", "smartd", "smartmontools"], "disks that failed or were lost"),
    (
        &["apt-daily-upgrade", "dnf-automatic", "systemd-logind", "unattended-upgrades", "update-engine"],
        "upgrades and shutdowns, which restart what runs",
    ),
];

/// All of them, as journals to look for.
pub fn others() -> impl Iterator<Item = JournalName> {
    UNITS.iter().flat_map(|(names, _)| names.iter().copied().map(JournalName::Unit))
}

/// Why what a unit says matters, for each group of them.
pub fn reasons() -> impl Iterator<Item = (&'static [&'static str], &'static str)> {
    UNITS.iter().copied()
}
