//! Other ways to a node's journals than its kubelet: a pod on it, and ssh.

use crate::lab::{Lab, MendLater, start_collect};
use crate::process::{Running, folder, run, wait_until};
use crate::sealed::{content, open_sealed};
use k8s_forensics::archive::format::{Outcome, Status};
use k8s_forensics::archive::{Archive, layout};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// Somebody who may list what tells which nodes there are, and ask no kubelet.
const MANIFEST: &str = "
apiVersion: v1
kind: ServiceAccount
metadata: {name: no-kubelet, namespace: kube-system}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: no-kubelet}
rules:
  - {apiGroups: [''], resources: [events, nodes, pods], verbs: [list]}
  - {apiGroups: [coordination.k8s.io], resources: [leases], verbs: [list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: no-kubelet}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: no-kubelet}
subjects: [{kind: ServiceAccount, name: no-kubelet, namespace: kube-system}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: no-kubelet, namespace: kube-system}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: k8s-forensics-pods}
subjects: [{kind: ServiceAccount, name: no-kubelet, namespace: kube-system}]
";
const JOURNALS: [&str; 4] = ["--since", "30m", "--only", "journals,kernel"];
const PODS: [&str; 3] = ["--allow-pods", "--pods-image", "lab/busybox:1"];

fn somebody(lab: &Lab) -> PathBuf {
    lab.settle().unwrap_or_else(|why| panic!("{why}"));
    let role = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rbac-pods.yaml");
    let made = (|| {
        lab.kubectl(&["apply", "-n", "kube-system", "-f", &role.to_string_lossy()])?;
        lab.apply(MANIFEST)?;
        lab.kubectl(&["create", "token", "no-kubelet", "-n", "kube-system"])
    })();
    let token = made.unwrap_or_else(|why| panic!("{why}"));
    let good = fs::read_to_string(lab.kubeconfig()).expect("up.sh wrote it");
    let kubeconfig = folder().join("no-kubelet.kubeconfig");
    fs::write(&kubeconfig, good.replace("token-collector", token.trim())).expect("the tests' folder can be written to");
    kubeconfig
}

/// The Jobs of ours that are there, with their pods.
fn left(lab: &Lab) -> usize {
    let ours = ["jobs,pods", "-A", "-l", "app.kubernetes.io/managed-by=k8s-forensics"];
    lab.items(&ours).unwrap_or_else(|why| panic!("{why}")).len()
}

/// The journals of kubelet, containerd and kernel of a node that came, each by `way`.
fn came(outcomes: &[Outcome], node: &str, way: &str) -> usize {
    let is_one = |outcome: &&Outcome| {
        let is_journal = matches!(outcome.source.as_str(), "journals" | "kernel");
        is_journal && outcome.node.as_deref() == Some(node) && outcome.status == Status::Collected
    };
    outcomes.iter().filter(is_one).filter(|outcome| outcome.why.contains(way)).count()
}

/// The audit log, which is on node-1, came by `way` whole.
fn has_audit_log(archive: &Archive, way: &str) {
    let outcomes = archive.outcomes();
    let log = outcomes.iter().find(|outcome| outcome.subject == "Node/node-1 audit log file audit.log");
    let log = log.unwrap_or_else(|| panic!("{outcomes:#?}"));
    assert!(log.status == Status::Collected && log.why.starts_with(way), "{log:?}");
    let events = content(archive, &layout::audit("node-1", "audit.log"));
    assert!(String::from_utf8_lossy(&events).lines().count() > 20);
}

/// Whoever may not ask kubelets gets the journals through pods, if that was allowed, and nothing of them is left.
pub fn reads_journals_through_pods(lab: &Lab) {
    let kubeconfig = somebody(lab);
    let file = folder().join("pods.zip");
    // From a run before this one.
    let _ = fs::remove_file(&file);
    let denied = start_collect(&kubeconfig, &file, &JOURNALS).wait(MINUTE);
    assert_eq!(denied.code, Some(3), "{denied}");
    let args = [&JOURNALS[..], &PODS, &["--force", "--audit"]].concat();
    let ended = start_collect(&kubeconfig, &file, &args).wait(2 * MINUTE);
    assert_eq!(ended.code, Some(0), "{ended}");
    let archive = open_sealed(&file);
    has_audit_log(&archive, "by a pod");
    for node in ["node-1", "node-2"] {
        assert_eq!(came(&archive.outcomes(), node, "by a pod"), 3, "{node}: {:#?}", archive.outcomes());
        let kubelet = content(&archive, &layout::journal(node, "kubelet"));
        assert!(String::from_utf8_lossy(&kubelet).contains(&format!(" {node} kubelet: ")), "not the kubelet's journal");
    }
    wait_until("the pods to be gone", MINUTE, || left(lab) == 0).unwrap_or_else(|why| panic!("{why}"));
}

/// What a killed run has left, `cleanup` removes.
pub fn removes_what_a_killed_run_left(lab: &Lab) {
    let kubeconfig = somebody(lab);
    let file = folder().join("killed-pods.zip");
    // From a run before this one.
    let _ = fs::remove_file(&file);
    let running = start_collect(&kubeconfig, &file, &[&JOURNALS[..], &PODS, &["--force"]].concat());
    wait_until("its first Job", MINUTE, || left(lab) > 0).unwrap_or_else(|why| panic!("{why}"));
    running.signal("KILL");
    drop(running);
    let mut cleanup = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
    cleanup.args(["cleanup", "-n", "kube-system"]).env("KUBECONFIG", &kubeconfig).env("HOME", folder());
    let ended = run(&mut cleanup, "cleanup", MINUTE);
    assert!(ended.code == Some(0) && ended.stdout.contains("removed kube-system/k8s-forensics-"), "{ended}");
    wait_until("the pods to be gone", MINUTE, || left(lab) == 0).unwrap_or_else(|why| panic!("{why}"));
}

/// The journals of a node whose kubelet is frozen come by ssh.
pub fn reads_journals_by_ssh(lab: &Lab) {
    lab.settle().unwrap_or_else(|why| panic!("{why}"));
    let _mend = MendLater(lab);
    let _server = ssh_server();
    lab.node("freeze", 1).unwrap_or_else(|why| panic!("{why}"));
    let file = folder().join("ssh.zip");
    // From a run before this one.
    let _ = fs::remove_file(&file);
    let path = format!("{}:{}", folder().join("ssh").display(), std::env::var("PATH").unwrap_or_default());
    let mut collect = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
    collect.env("KUBECONFIG", lab.kubeconfig()).env("HOME", folder()).env("PATH", path);
    collect.arg("collect").arg("-o").arg(&file).args(JOURNALS).args(["--ssh", "root", "--audit"]);
    let ended = run(&mut collect, "collect by ssh", 2 * MINUTE);
    assert_eq!(ended.code, Some(0), "{ended}");
    let archive = open_sealed(&file);
    assert_eq!(came(&archive.outcomes(), "node-1", "by ssh, as kubelet of node-1"), 3, "{:#?}", archive.outcomes());
    has_audit_log(&archive, "by ssh");
    let kernel = content(&archive, &layout::journal("node-1", "kernel"));
    assert!(String::from_utf8_lossy(&kernel).contains(" node-1 kernel: "), "not the kernel's journal");
}

/// An ssh server on node 1, and in the folder `ssh` a program of that name which knows its key.
fn ssh_server() -> Running {
    let keys = folder().join("ssh");
    let _ = fs::remove_dir_all(&keys);
    fs::create_dir_all(&keys).expect("the tests' folder can be written to");
    // The server wants this folder, which its own service would make.
    fs::create_dir_all("/run/sshd").expect("the lab needs root");
    for key in ["host", "user"] {
        let mut keygen = Command::new("ssh-keygen");
        keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(keys.join(key));
        run(&mut keygen, "ssh-keygen", MINUTE).ok().unwrap_or_else(|why| panic!("{why}"));
    }
    let place = keys.display();
    let write = |name: &str, text: String| fs::write(keys.join(name), text).expect("the folder was just made");
    write(
        "sshd_config",
        format!(
            "HostKey {place}/host\nAuthorizedKeysFile {place}/user.pub\nStrictModes no\nPidFile none\nUsePAM no\n\
             PermitRootLogin prohibit-password\n"
        ),
    );
    write(
        "ssh",
        format!(
            "#!/bin/sh\nexec /usr/bin/ssh -i '{place}/user' -o IdentitiesOnly=yes -o 'UserKnownHostsFile={place}/known' \
             -o StrictHostKeyChecking=accept-new \"$@\"\n"
        ),
    );
    fs::set_permissions(keys.join("ssh"), fs::Permissions::from_mode(0o755)).expect("it was just written");
    let mut server = crate::lab::script("node.sh");
    server.args(["shell", "1", "/usr/sbin/sshd", "-D", "-e", "-f"]).arg(keys.join("sshd_config"));
    let server = Running::start(&mut server, "sshd on node 1");
    let answers =
        || std::net::TcpStream::connect_timeout(&([10, 88, 0, 11], 22).into(), Duration::from_secs(1)).is_ok();
    wait_until("sshd on node 1", MINUTE, answers).unwrap_or_else(|why| panic!("{why}"));
    server
}
