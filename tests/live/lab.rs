//! The lab as tests see it: a real cluster that is started once, broken, mended and taken down.
//!
//! `K8SF_LAB_KEEP=1` leaves it up at the end, for the next run to use. Its scripts are in `tests/lab`.

use crate::process::{Ended, Running, folder, run, wait_until};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;
use std::{env, fs};

const MINUTE: Duration = Duration::from_secs(60);
const PROGRAMS: [&str; 5] = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "state-metrics"];

static LAB: OnceLock<Result<Lab, String>> = OnceLock::new();

/// The cluster. There is one, and tests use it one after another.
pub struct Lab {
    home: PathBuf,
}

/// When an incident began and ended, as its script printed.
#[derive(Clone, Debug)]
pub struct Incident {
    pub onset: String,
    pub end: String,
}

impl Incident {
    /// Whether collections of the last half an hour, which tests make for minutes, still hold all of it.
    fn is_fresh(&self) -> bool {
        let ended = DateTime::parse_from_rfc3339(&self.end).ok();
        ended.is_some_and(|end| Utc::now() - end.to_utc() < TimeDelta::minutes(10))
    }
}

/// Why the lab cannot be used here, if so.
pub fn obstacle() -> Option<String> {
    if env::var("K8SF_LAB").as_deref() != Ok("1") {
        return Some("K8SF_LAB is not 1".to_owned());
    }
    if !cfg!(target_os = "linux") {
        return Some("the lab needs Linux".to_owned());
    }
    let succeeds = |script: &str| lab_shell(script).stdout(Stdio::null()).status().is_ok_and(|status| status.success());
    let needs = [
        ("[ \"$(id -u)\" = 0 ]", "the lab needs root"),
        ("[ -x \"$KUBE\" ] || command -v go", "the lab is not built yet, and Go 1.24 or newer is needed for that"),
        ("command -v unzip", "unzip is needed to try archives with"),
        ("command -v python3", "python3 is needed to try archives with"),
    ];
    needs.into_iter().find(|(script, _)| !succeeds(script)).map(|(_, why)| why.to_owned())
}

/// The lab, which the first call starts.
pub fn lab() -> &'static Lab {
    let up = || Lab::up().inspect_err(|why| eprintln!("live tests: the lab does not come up: {why}"));
    LAB.get_or_init(up).as_ref().unwrap_or_else(|_| panic!("the lab did not come up, see above"))
}

/// Takes the lab down if a test has used it, or mends it where it is to be kept.
pub fn end() {
    match LAB.get() {
        Some(Ok(lab)) if env::var("K8SF_LAB_KEEP").as_deref() == Ok("1") => lab.mend(),
        Some(_) => down(),
        None => {}
    }
}

/// As [`end`] where the tests were interrupted at an unknown point, maybe while the lab was being started.
pub fn end_in_a_hurry() {
    if LAB.get().is_some() && env::var("K8SF_LAB_KEEP").as_deref() == Ok("1") {
        eprintln!("live tests: the lab stays up, in whatever state it is: tests/lab/down.sh takes it down");
    } else {
        down();
    }
}

fn down() {
    if !matches!(script("down.sh").status(), Ok(status) if status.success()) {
        eprintln!("live tests: tests/lab/down.sh failed, see above");
    }
}

impl Lab {
    fn up() -> Result<Self, String> {
        let home = env::var_os("LAB_HOME").map_or_else(|| PathBuf::from("/var/lib/k8s-lab"), PathBuf::from);
        let lab = Self { home };
        if lab.home.join("up").exists() {
            let is_audited = lab.home.join("nodes/node-1/var-log/kube-apiserver/audit.log").exists();
            match lab.healthy(MINUTE) {
                Ok(()) if !is_audited => eprintln!("live tests: a lab is up without LAB_AUDIT=full, starting anew"),
                Ok(()) => {
                    eprintln!("live tests: using the lab that is up");
                    return Ok(lab);
                }
                Err(why) => eprintln!("live tests: a lab is up that does not work, starting anew: {why}"),
            }
            down();
        }
        eprintln!("live tests: building the lab's programs, which takes some minutes the first time");
        run(&mut script("build.sh"), "build.sh", 45 * MINUTE).ok()?;
        lab.start()?;
        Ok(lab)
    }

    /// Starts the cluster, with a second try if it does not come up.
    fn start(&self) -> Result<(), String> {
        eprintln!("live tests: starting the lab");
        let up = || run(script("up.sh").env("LAB_AUDIT", "full"), "up.sh", 12 * MINUTE);
        let once = || up().ok().and_then(|_| self.healthy(MINUTE));
        once().or_else(|why| {
            eprintln!("live tests: the lab did not come up, trying once more: {why}\n{}", self.logs());
            down();
            once().map_err(|why| format!("{why}\n{}", self.logs()))
        })
    }

    /// What a lab that does not work says: its pods, events, and the end of each log.
    fn logs(&self) -> String {
        let script = "cd \"$LAB_HOME\" && { kubectl get pods -A -o wide; kubectl get events -A | tail -n 20; \
            tail -n 5 log/[!a]*.log nodes/*/init.log | cut -c1-300; } 2>&1";
        run(&mut lab_shell(script), "logs", MINUTE).stdout
    }

    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The kubeconfig to collect with: a user whose every request is in the audit log.
    pub fn kubeconfig(&self) -> PathBuf {
        self.home.join("collector.kubeconfig")
    }

    /// `node.sh VERB N`.
    pub fn node(&self, verb: &str, number: u32) -> Result<(), String> {
        if verb != "thaw" {
            self.forget_incidents();
        }
        run(script("node.sh").args([verb, &number.to_string()]), &format!("node.sh {verb} {number}"), 2 * MINUTE)
            .ok()?;
        Ok(())
    }

    /// `control.sh VERB NAME`.
    pub fn control(&self, verb: &str, name: &str) -> Result<(), String> {
        if verb == "freeze" || verb == "stop" {
            self.forget_incidents();
        }
        run(script("control.sh").args([verb, name]), &format!("control.sh {verb} {name}"), 2 * MINUTE).ok()?;
        Ok(())
    }

    /// Runs kubectl as the cluster's administrator.
    pub fn kubectl(&self, args: &[&str]) -> Result<String, String> {
        let mut command = lab_shell("exec kubectl --request-timeout 20s \"$@\"");
        run(command.arg("kubectl").args(args), &format!("kubectl {}", args.join(" ")), 4 * MINUTE).ok()
    }

    /// A kubeconfig for a ServiceAccount, written to the tests' folder.
    pub fn kubeconfig_of(&self, namespace: &str, account: &str) -> Result<PathBuf, String> {
        let token = self.kubectl(&["create", "token", account, "-n", namespace])?;
        let good = fs::read_to_string(self.kubeconfig()).map_err(|error| error.to_string())?;
        if !good.contains("token-collector") {
            return Err("unknown kubeconfig".to_owned());
        }
        let file = folder().join(format!("{account}.kubeconfig"));
        fs::write(&file, good.replace("token-collector", token.trim())).map_err(|error| error.to_string())?;
        Ok(file)
    }

    /// `kubectl apply` of a manifest.
    pub fn apply(&self, manifest: &str) -> Result<(), String> {
        let file = folder().join("manifest.yaml");
        fs::write(&file, manifest).map_err(|error| error.to_string())?;
        self.kubectl(&["apply", "-f", &file.to_string_lossy()]).map(drop)
    }

    /// The items of a `kubectl get … -o json`.
    pub fn items(&self, args: &[&str]) -> Result<Vec<Value>, String> {
        let text = self.kubectl(&[&["get", "-o", "json"], args].concat())?;
        let list: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        Ok(list["items"].as_array().cloned().unwrap_or_default())
    }

    /// Causes an incident of `tests/lab/incidents` on a cluster where nothing is wrong, and waits until monitoring is
    /// back, though not until all is well.
    ///
    /// A kept lab that had this incident last, not long ago, and nothing since, is taken as it is.
    pub fn incident(&self, name: &str) -> Result<Incident, String> {
        let note = self.home.join("incidents").join(name);
        if let Some(incident) = read_note(&note).filter(Incident::is_fresh) {
            eprintln!("live tests: using the incident {name} of {}", incident.onset);
            return Ok(incident);
        }
        self.forget_incidents();
        let mut outcome = Err(String::new());
        for _ in 0..2 {
            self.settle()?;
            eprintln!("live tests: causing the incident {name}, which takes some minutes");
            outcome = run(&mut script(&format!("incidents/{name}.sh")), name, 12 * MINUTE).ok();
            match &outcome {
                Ok(_) => break,
                Err(why) => eprintln!("live tests: timing decides what an incident shows: {why}"),
            }
        }
        let said = outcome?;
        self.healthy(4 * MINUTE)?;
        fs::create_dir_all(self.home.join("incidents")).map_err(|error| error.to_string())?;
        fs::write(&note, said).map_err(|error| error.to_string())?;
        read_note(&note).ok_or_else(|| format!("{name}.sh printed neither onset nor end"))
    }

    fn forget_incidents(&self) {
        // It may not be there.
        let _ = fs::remove_dir_all(self.home.join("incidents"));
    }

    /// A cluster where nothing is wrong: this one, or a new one where this still suffers from an incident. The
    /// kubelet takes five minutes to call memory pressure over, and a new cluster a quarter of one.
    pub fn settle(&self) -> Result<(), String> {
        if self.is_calm() && self.healthy(MINUTE / 2).is_ok() {
            return Ok(());
        }
        eprintln!("live tests: the lab has not recovered yet, and a new one is quicker than waiting");
        down();
        self.start()
    }

    fn is_calm(&self) -> bool {
        let conditions = "jsonpath={.items[*].status.conditions[?(@.type==\"MemoryPressure\")].status}";
        self.kubectl(&["get", "nodes", "-o", conditions]).is_ok_and(|all| !all.is_empty() && !all.contains("True"))
    }

    /// Undoes whatever a test broke and waits until all is well again. Never fails: the next test would tell.
    pub fn mend(&self) {
        let broken = PROGRAMS.into_iter().filter(|program| {
            // A program that was not frozen does not mind.
            let thawed = self.control("thaw", program);
            thawed.is_err() || self.control("alive", program).is_err()
        });
        for program in broken {
            eprintln!("live tests: starting {program} again");
            report(self.control("start", program));
        }
        for node in self.node_numbers() {
            report(self.node("thaw", node));
        }
        report(self.healthy(3 * MINUTE));
    }

    fn node_numbers(&self) -> Vec<u32> {
        let names = fs::read_dir(self.home.join("nodes")).into_iter().flatten().flatten();
        let numbers = names.filter_map(|node| node.file_name().to_str()?.strip_prefix("node-")?.parse().ok());
        numbers.collect()
    }

    /// Waits until the API server, all nodes and monitoring are ready.
    fn healthy(&self, limit: Duration) -> Result<(), String> {
        let ready = || self.kubectl(&["get", "--raw", "/readyz"]).is_ok();
        wait_until("the API server", limit, ready)?;
        let nodes = ["wait", "--for=condition=Ready", "nodes", "--all", "--timeout=5s"];
        wait_until("the nodes", limit, || self.kubectl(&nodes).is_ok())?;
        let pods = ["-n", "monitoring", "wait", "--for=condition=Available", "deployments", "--all", "--timeout=5s"];
        wait_until("monitoring", 2 * limit, || self.kubectl(&pods).is_ok())?;
        // A Prometheus that began anew is ready before it has scraped anything or evaluated a rule.
        let watchdog =
            "/api/v1/namespaces/monitoring/services/prometheus-operated:9090/proxy/api/v1/query?query=ALERTS";
        let fires = || self.kubectl(&["get", "--raw", watchdog]).is_ok_and(|answer| answer.contains("Watchdog"));
        wait_until("the alert that always fires", limit, fires)
    }

    /// Begins to collect into `file`, as a user would.
    pub fn start_collect(&self, file: &Path, args: &[&str]) -> Running {
        start_collect(&self.kubeconfig(), file, args)
    }

    /// Collects into `file` and waits for the end.
    pub fn collect(&self, file: &Path, args: &[&str]) -> Ended {
        self.start_collect(file, args).wait(3 * MINUTE)
    }
}

/// Begins to collect with a kubeconfig of one's own, and nothing else of this machine's settings.
pub fn start_collect(kubeconfig: &Path, file: &Path, args: &[&str]) -> Running {
    start(kubeconfig, &[&["collect", "-o", &file.to_string_lossy()], args].concat())
}

/// Runs a command of ours with a kubeconfig of one's own, and nothing else of this machine's settings.
pub fn start(kubeconfig: &Path, args: &[&str]) -> Running {
    let mut command = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
    command.env("KUBECONFIG", kubeconfig).env("HOME", folder()).env_remove("KUBERNETES_SERVICE_HOST");
    for proxy in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        command.env_remove(proxy);
    }
    command.current_dir(folder()).args(args);
    Running::start(&mut command, &args.join(" "))
}

/// Undoes, when it is dropped, whatever a test broke.
pub struct MendLater<'a>(pub &'a Lab);

impl Drop for MendLater<'_> {
    fn drop(&mut self) {
        self.0.mend();
    }
}

fn report(outcome: Result<(), String>) {
    if let Err(why) = outcome {
        eprintln!("live tests: {why}");
    }
}

fn read_note(note: &Path) -> Option<Incident> {
    let text = fs::read_to_string(note).ok()?;
    let after = |word: &str| text.lines().find_map(|line| line.strip_prefix(word)).map(|time| time.trim().to_owned());
    Some(Incident { onset: after("onset ")?, end: after("end ")? })
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab")
}

pub fn script(name: &str) -> Command {
    Command::new(scripts().join(name))
}

/// A line of shell with the lab's settings.
pub fn lab_shell(line: &str) -> Command {
    let mut command = Command::new("bash");
    // kubectl prints times in the zone of whoever runs it.
    command.env("TZ", "UTC").arg("-c").arg(format!(". '{}'; {line}", scripts().join("env.sh").display()));
    command
}
