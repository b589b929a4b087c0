//! Whose a control group is, as its path says: the kernel names its victims by it, systemd its scopes, and the kubelet what
//! it cleans up.
//!
//! | part | form | where it is made |
//! |---|---|---|
//! | pod, cgroupfs driver | `/kubepods/burstable/podUID`, `/kubepods/podUID` for guaranteed ones | kubernetes v1.34, pkg/kubelet/cm/pod_container_manager_linux.go (GetPodContainerName, podCgroupNamePrefix) |
//! | pod, systemd driver | `kubepods-burstable-podUID.slice` with `_` for `-` in the UID | kubernetes v1.34, pkg/kubelet/cm/cgroup_manager_linux.go (escapeSystemdCgroupName, ToSystemd) |
//! | container of containerd | `ID`, or `cri-containerd-ID.scope`; `SLICE:cri-containerd:ID` where only the kubelet uses systemd | containerd 1.7, pkg/cri/server/helpers_linux.go (getCgroupsPath) |
//! | container of CRI-O | `crio-ID`, or `crio-ID.scope`, with `/container` below it from crun; `crio-conmon-ID` of its monitor | cri-o 1.30, internal/config/cgmgr/cgmgr.go (CrioPrefix) and systemd_linux.go |
//! | container of Docker | `ID`, or `docker-ID.scope` | moby 24, daemon/oci_linux.go (WithCgroups) |
//! | node of kind | `/docker/ID` or `/system.slice/docker-ID.scope` before `/kubelet/kubepods` or `kubelet-kubepods.slice` | kind 0.20, images/base/files/usr/local/bin/entrypoint and the kubelet's `--cgroup-root=/kubelet` |
//!
//! A static pod has the hash of its manifest for a UID, without dashes. So the pod and the container that stand deepest in
//! a path are the ones that are meant: a node that is itself a container stands before them.

/// The pod and the container of a path, as far as it names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cgroup<'a> {
    /// As the API writes it, or the hash of a manifest.
    pub pod_uid: Option<String>,
    /// 64 digits.
    pub container: Option<&'a str>,
}

impl<'a> Cgroup<'a> {
    /// Of a path, or of a part of one. Nothing of a path that is of no pod and of no container.
    pub fn of(path: &'a str) -> Self {
        let mut found = Self::default();
        for part in path.trim().split(['/', ':']) {
            match pod_uid(part) {
                Some(uid) => found = Self { pod_uid: Some(uid), container: None },
                None => found.container = container(part).or(found.container),
            }
        }
        found
    }
}

/// `podUID`, `kubepods-burstable-podUID.slice`, `kubelet-kubepods-podUID.slice`.
fn pod_uid(part: &str) -> Option<String> {
    let part = part.strip_suffix(".slice").unwrap_or(part);
    let uid = match part.strip_prefix("pod") {
        Some(uid) => uid,
        None => part.rsplit_once("-pod").filter(|(before, _)| before.contains("kubepods"))?.1,
    };
    let uid = uid.replace('_', "-");
    let lengths: Vec<usize> = uid.split('-').map(str::len).collect();
    let is_uid = matches!(lengths.as_slice(), [8, 4, 4, 4, 12] | [32]);
    (is_uid && uid.bytes().all(|byte| byte == b'-' || is_hex(byte))).then_some(uid)
}

/// An ID, alone or with what a runtime puts around it.
fn container(part: &str) -> Option<&str> {
    let part = part.strip_suffix(".scope").unwrap_or(part);
    let id = part.rsplit_once('-').map_or(part, |(_, id)| id);
    (id.len() == 64 && id.bytes().all(is_hex)).then_some(id)
}

/// Runtimes and the API write small letters.
fn is_hex(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "2a2534196c57e9cf1b43f463b32da6907cf0b2b86a50ca629f27e859365f4485";
    const NODE: &str = "7e557e4b9360913d87517fa7460d4e063db598f83510a0683f04c9ea36ab6834";
    const UID: &str = "e3e2d884-9263-4e94-9f3e-17faefbec703";

    /// With `ID`, `NODE`, `UID` and, with underscores, `UNDER` filled in.
    fn of(path: &str) -> (Option<String>, Option<String>) {
        let filled = path.replace("UID", UID).replace("UNDER", &UID.replace('-', "_"));
        let filled = filled.replace("NODE", NODE).replace("ID", ID);
        let found = Cgroup::of(&filled);
        (found.pod_uid, found.container.map(str::to_owned))
    }

    #[test]
    fn every_runtime_and_driver_names_pod_and_container() {
        for path in [
            // containerd and dockershim with cgroupfs, version 1 and 2; recorded in fixtures/memory-cascade below a node's group.
            "/kubepods/burstable/podUID/ID",
            "/kubepods/podUID/ID",
            "/node-1/kubepods/besteffort/podUID/ID",
            // containerd with systemd, version 1 and 2 (Documentation, Container Runtimes, containerd systemd).
            "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUNDER.slice/cri-containerd-ID.scope",
            "/kubepods.slice/kubepods-podUNDER.slice/cri-containerd-ID.scope",
            // Version 2, as a process sees it in /proc/self/cgroup.
            "0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-podUNDER.slice/cri-containerd-ID.scope",
            // The kubelet with systemd, containerd without.
            "/system.slice/containerd.service/kubepods-burstable-podUNDER.slice:cri-containerd:ID",
            // CRI-O, both drivers; with crun the container has a group of its own below its scope.
            "/kubepods/burstable/podUID/crio-ID",
            "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUNDER.slice/crio-ID.scope",
            "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUNDER.slice/crio-ID.scope/container",
            "/kubepods.slice/kubepods-podUNDER.slice/crio-conmon-ID.scope",
            // Docker, both drivers.
            "/kubepods/besteffort/podUID/ID",
            "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-podUNDER.slice/docker-ID.scope",
            // Nodes of kind are containers themselves.
            "/docker/NODE/kubelet/kubepods/burstable/podUID/ID",
            "/system.slice/docker-NODE.scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-podUNDER.slice/cri-containerd-ID.scope",
            // k3s in a container, and on a machine.
            "/docker/NODE/kubepods/besteffort/podUID/ID",
            "/k3s/kubepods/besteffort/podUID/ID",
        ] {
            assert_eq!(of(path), (Some(UID.to_owned()), Some(ID.to_owned())), "{path}");
        }
    }

    #[test]
    fn what_is_of_a_pod_as_a_whole_names_no_container() {
        assert_eq!(of("/kubepods/burstable/podUID"), (Some(UID.to_owned()), None));
        assert_eq!(of("/docker/NODE/kubelet/kubepods/burstable/podUID"), (Some(UID.to_owned()), None));
        let slice = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUNDER.slice";
        assert_eq!(of(slice), (Some(UID.to_owned()), None));
        // A static pod: the hash of its manifest.
        let hash = "6d1f8bd2d5d0a9b3c7e41f0a5b2c9d8e";
        assert_eq!(of(&format!("/kubepods/burstable/pod{hash}/ID")), (Some(hash.to_owned()), Some(ID.to_owned())));
    }

    #[test]
    fn what_is_of_no_pod_is_told_so() {
        for path in [
            "/",
            "/kubepods",
            "/kubepods.slice/kubepods-burstable.slice",
            "/system.slice/kubelet.service",
            "/user.slice/user-1000.slice/podman-1.scope",
            "/kubepods/burstable/pod-of-somebody",
            "/kubepods/burstable/pode3e2d884-9263-4e94-9f3e",
            "/machine.slice/libpod-ID.scope/podium",
        ] {
            assert_eq!(of(path).0, None, "{path}");
        }
        assert_eq!(of("/docker/NODE"), (None, Some(NODE.to_owned())), "a container that is of no pod");
        assert_eq!(of("/kubepods.slice/kubepods-burstable.slice").1, None);
    }
}
