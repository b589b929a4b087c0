//! Metrics of an application that fails requests and is restarted: they are found without being named, and told.

use crate::lab::Lab;
use crate::process::{folder, run, wait_until};
use crate::sealed::open_sealed;
use k8s_forensics::archive::format::{Outcome, Status};
use serde_json::Value;
use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const NAMESPACE: &str = "applications";
/// How many requests are failed: more than anything else could.
const FAILED: usize = 7;
const PROMETHEUS: &str = "/api/v1/namespaces/monitoring/services/prometheus-operated:9090/proxy/api/v1";

/// Takes the application, and its target, out of the lab when it is dropped.
struct Application<'a>(&'a Lab);

impl Drop for Application<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.0.home().join("monitoring/prometheus/targets/orders.json"));
        if let Err(why) = self.0.kubectl(&["delete", "namespace", NAMESPACE, "--ignore-not-found"]) {
            eprintln!("live tests: {why}");
        }
    }
}

pub fn are_found_and_told(lab: &Lab) {
    let application = Application(lab);
    let pod = start(lab).unwrap_or_else(|why| panic!("{why}"));
    let ask = |path: &str| {
        lab.kubectl(&["get", "--raw", &format!("/api/v1/namespaces/{NAMESPACE}/pods/{pod}:8080/proxy/{path}")])
    };
    let counted =
        || lab.kubectl(&["get", "--raw", &format!("{PROMETHEUS}/query?query=orders_served_total")]).unwrap_or_default();
    wait_until("the first scrape", MINUTE, || counted().contains(r#""code":"200""#))
        .unwrap_or_else(|why| panic!("{why}"));
    for _ in 0..FAILED {
        assert!(ask("fail").is_err(), "it answers with 500");
    }
    wait_until("the errors to be scraped", MINUTE, || counted().contains(r#""code":"500""#))
        .unwrap_or_else(|why| panic!("{why}"));
    // It goes down before it can answer.
    assert!(ask("crash").is_err());
    wait_until("the restart", MINUTE, || ask("x").is_ok()).unwrap_or_else(|why| panic!("{why}"));
    // Two scrapes: one that finds it anew, and one of kube-state-metrics that has counted it.
    thread::sleep(Duration::from_secs(35));
    let (outcomes, signals) = collected(lab);
    check_outcomes(&outcomes);
    check_signals(&signals, &pod);
    drop(application);
}

/// Starts the application, and has Prometheus scrape its pod, whose name is given.
fn start(lab: &Lab) -> Result<String, String> {
    lab.apply(include_str!("applications.yaml"))?;
    lab.kubectl(&["-n", NAMESPACE, "wait", "--for=condition=Available", "deployment/orders", "--timeout=200s"])?;
    let pods = lab.items(&["pods", "-n", NAMESPACE])?;
    let pod = pods.first().ok_or("no pod")?;
    let (name, address) = (pod["metadata"]["name"].as_str(), pod["status"]["podIP"].as_str());
    let (Some(name), Some(address)) = (name, address) else { return Err(format!("no address: {pod}")) };
    let target = serde_json::json!([{
        "targets": [format!("{address}:8080")],
        "labels": {"namespace": NAMESPACE, "pod": name, "container": "orders"},
    }]);
    let targets = lab.home().join("monitoring/prometheus/targets");
    fs::create_dir_all(&targets).map_err(|error| error.to_string())?;
    fs::write(targets.join("orders.json"), target.to_string()).map_err(|error| error.to_string())?;
    Ok(name.to_owned())
}

fn collected(lab: &Lab) -> (Vec<Outcome>, Vec<Value>) {
    let (file, report) = (folder().join("applications.zip"), folder().join("applications"));
    let _ = (fs::remove_file(&file), fs::remove_dir_all(&report));
    let queries = ["--query", "orders=sum(orders_served_total)", "--query", "broken=sum("];
    let ended = lab.collect(&file, &[&["--since", "10m", "--only", "objects,prometheus"], queries.as_slice()].concat());
    assert_eq!(ended.code, Some(3), "a query that is none is missed: {ended}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
    command.arg("analyze").arg(&file).arg("-o").arg(&report);
    run(&mut command, "analyze", MINUTE).ok().unwrap_or_else(|why| panic!("{why}"));
    let written = fs::read(report.join("report.json")).expect("it was just written");
    let written: Value = serde_json::from_slice(&written).expect("it is JSON");
    (open_sealed(&file).outcomes(), written["signals"].as_array().cloned().unwrap_or_default())
}

fn check_outcomes(outcomes: &[Outcome]) {
    let of = |query: &str| {
        let subject = format!("Prometheus monitoring/prometheus-operated: {query}");
        let found = outcomes.iter().find(|outcome| outcome.subject == subject);
        found.unwrap_or_else(|| panic!("no {subject} in {outcomes:#?}"))
    };
    for (query, entry) in
        [("app-orders_served_total", "metrics/app-orders_served_total.json"), ("orders", "metrics/orders.json")]
    {
        assert_eq!((of(query).status, of(query).entry.as_deref()), (Status::Collected, Some(entry)));
    }
    let broken = of("broken");
    assert!(broken.status == Status::Failed && broken.why.contains("unclosed left parenthesis"), "{broken:?}");
}

fn check_signals(signals: &[Value], pod: &str) {
    let of = |name: &str| {
        let is_it = |signal: &&Value| signal["signal"] == name && signal["subject"] == format!("Pod/{NAMESPACE}/{pod}");
        signals.iter().find(is_it).unwrap_or_else(|| panic!("no {name} of {pod} in {signals:#?}"))
    };
    let errors = of("RequestErrors");
    let told = (&errors["labels"]["code"], &errors["labels"]["requests"]);
    assert_eq!((told.0.as_str(), told.1.as_str()), (Some("500"), Some(FAILED.to_string().as_str())), "{errors:#}");
    let time = |signal: &Value| chrono::DateTime::parse_from_rfc3339(signal["from"].as_str().unwrap_or_default());
    let time = |signal: &Value| time(signal).unwrap_or_else(|error| panic!("{error}: {signal:#}"));
    let (reset, restarted, counted) = (of("CounterReset"), of("ContainerRestarted"), of("RestartCounted"));
    let earliest = time(reset) - chrono::TimeDelta::milliseconds(reset["earlier_ms"].as_i64().unwrap_or_default());
    let started = time(restarted);
    // A second of the container's start is cut off.
    assert!(earliest <= started + chrono::TimeDelta::seconds(1) && started <= time(reset), "{reset:#} {restarted:#}");
    let late = time(counted) - started;
    assert!(late >= chrono::TimeDelta::zero() && late <= chrono::TimeDelta::seconds(45), "{counted:#}");
}
