//! What `deploy/` puts into a cluster: rights that are those of the program and no more, pods as the Pod Security Standard
//! `restricted` wants them. `tests/chart.sh` judges the chart by Helm; this reads the manifests that Helm made of it.

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn documents(file: &str) -> Vec<Value> {
    let all = serde_saphyr::from_multiple(&read(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    all.into_iter().filter(|one: &Value| !one.is_null()).collect()
}

fn all() -> Vec<Value> {
    ["collect.yaml", "job.yaml", "on-alert.yaml", "recorder.yaml"]
        .iter()
        .flat_map(|file| documents(&format!("manifests/{file}")))
        .collect()
}

fn of_kind(kind: &str) -> Vec<Value> {
    all().into_iter().filter(|one| one["kind"] == kind).collect()
}

/// Every right that rules grant: a group or none, a resource or path, and a verb.
fn rights(rules: &Value) -> BTreeSet<(String, String, String)> {
    let words = |rule: &Value, field: &str| -> Vec<String> {
        let words = rule[field].as_array().into_iter().flatten();
        words.map(|word| word.as_str().expect("a word").to_owned()).collect()
    };
    let of_rule = |rule: &Value| {
        let group = words(rule, "apiGroups").first().cloned().unwrap_or_else(|| "a path".to_owned());
        let names = [words(rule, "resources"), words(rule, "nonResourceURLs")].concat();
        let verbs = words(rule, "verbs");
        let pairs =
            names.into_iter().flat_map(move |name| verbs.clone().into_iter().map(move |verb| (name.clone(), verb)));
        pairs.map(move |(name, verb)| (group.clone(), name, verb)).collect::<Vec<_>>()
    };
    rules.as_array().expect("rules").iter().flat_map(of_rule).collect()
}

/// Every pod that is started, by whom.
fn pods() -> Vec<(String, Value)> {
    let mut pods = Vec::new();
    for one in all() {
        let kind = one["kind"].as_str().unwrap_or_default().to_owned();
        let spec = match kind.as_str() {
            "CronJob" => &one["spec"]["jobTemplate"]["spec"]["template"]["spec"],
            "Deployment" | "Job" => &one["spec"]["template"]["spec"],
            _ => continue,
        };
        pods.push((kind, spec.clone()));
    }
    pods.push(("for an alert".to_owned(), job_for_an_alert()["spec"]["template"]["spec"].clone()));
    pods
}

fn job_for_an_alert() -> Value {
    let maps = of_kind("ConfigMap");
    let text = maps.iter().find_map(|map| map["data"]["job.yaml"].as_str()).expect("a template of a Job");
    serde_saphyr::from_str(text).expect("YAML")
}

fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    ["initContainers", "containers"].into_iter().flat_map(|kind| pod[kind].as_array().into_iter().flatten())
}

#[test]
fn the_account_that_collects_may_what_the_program_needs() {
    let roles = of_kind("ClusterRole");
    assert_eq!(roles.len(), 2);
    let role: Value = serde_saphyr::from_str(&fs::read_to_string("docs/rbac.yaml").expect("the role")).expect("YAML");
    let mut needed = rights(&role["rules"]);
    let left_out = |name: &str| (String::new(), name.to_owned(), "list".to_owned());
    // Values, where metadata alone is asked for: left out unless it is asked for (rbac.leaveOut).
    assert!(needed.remove(&left_out("secrets")) && needed.remove(&left_out("configmaps")));
    assert_eq!(rights(&roles[0]["rules"]), needed);
    assert!(needed.iter().all(|(_, _, verb)| verb == "get" || verb == "list"));
}

#[test]
fn the_account_that_records_may_what_the_page_says() {
    let page = fs::read_to_string("docs/record.md").expect("the page");
    let rules: Vec<&str> = page.lines().filter(|line| line.trim_start().starts_with("- {apiGroups")).collect();
    let documented: Value = serde_saphyr::from_str(&rules.join("\n")).expect("YAML");
    let of_chart: Value = serde_saphyr::from_str(&read("chart/files/recorder-rules.yaml")).expect("YAML");
    let mut needed = rights(&documented);
    assert_eq!(rights(&of_chart), needed);
    for name in ["secrets", "configmaps"] {
        for verb in ["list", "watch"] {
            assert!(needed.remove(&(String::new(), name.to_owned(), verb.to_owned())), "left out: {name}");
        }
    }
    assert_eq!(rights(&of_kind("ClusterRole")[1]["rules"]), needed);
    assert!(read("manifests/recorder.yaml").contains("resourceNames: [kube-system]"));
}

#[test]
fn collections_read_what_the_recorder_writes_on_its_node() {
    let all = documents("manifests/recorder.yaml");
    let one = |kind: &str| all.iter().find(|one| one["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"));
    let recorder = &one("Deployment")["spec"];
    assert_eq!((&recorder["replicas"], &recorder["strategy"]["type"]), (&1.into(), &"Recreate".into()));
    let writes = &recorder["template"]["spec"];
    let container = &writes["containers"][0];
    for (probe, path) in [("livenessProbe", "/livez"), ("readinessProbe", "/readyz")] {
        assert_eq!(container[probe]["httpGet"], serde_json::json!({"path": path, "port": "metrics"}));
    }
    let reads = &one("CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    let claim = |pod: &Value| {
        let volumes = pod["volumes"].as_array().expect("volumes");
        volumes.iter().find(|volume| volume["name"] == "recording").expect("the recording").clone()
    };
    assert_eq!(claim(writes), claim(reads));
    let collect = &reads["initContainers"][0];
    let mounted = collect["volumeMounts"].as_array().expect("mounts").iter().find(|mount| mount["name"] == "recording");
    let expected = serde_json::json!({"name": "recording", "mountPath": "/recording", "readOnly": true});
    assert_eq!(mounted, Some(&expected));
    let environment = collect["env"].as_array().expect("an environment");
    let variable = serde_json::json!({"name": "K8S_FORENSICS_RECORDING", "value": "/recording"});
    assert!(environment.contains(&variable), "{environment:?}");
    let term = &reads["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0];
    assert_eq!(term["labelSelector"]["matchLabels"], recorder["selector"]["matchLabels"]);
    // Whoever has no recorder has none of this.
    let default = read("manifests/collect.yaml");
    assert!(!default.contains("recorder") && !default.contains("recording"));
}

#[test]
fn the_account_that_starts_jobs_may_nothing_else() {
    let roles = of_kind("Role");
    assert_eq!(roles.len(), 1);
    let may = |verb: &str| ("batch".to_owned(), "jobs".to_owned(), verb.to_owned());
    assert_eq!(rights(&roles[0]["rules"]), BTreeSet::from([may("create"), may("list")]));
    let account = |binding: &Value| binding["subjects"][0]["name"].as_str().expect("a name").to_owned();
    let [collects, starts] = [&of_kind("ClusterRoleBinding"), &of_kind("RoleBinding")].map(|all| account(&all[0]));
    let records = account(&of_kind("ClusterRoleBinding")[1]);
    assert!(collects != starts && records != collects && records != starts);
    for (kind, pod) in pods() {
        let expected = match (kind.as_str(), pod["containers"][0]["args"][0].as_str()) {
            ("Deployment", Some("record")) => &records,
            ("Deployment", _) => &starts,
            _ => &collects,
        };
        assert_eq!(pod["serviceAccountName"], **expected, "{kind}");
    }
    assert!(of_kind("ServiceAccount").iter().all(|one| one["automountServiceAccountToken"] == false));
}

/// kubernetes.io/docs/concepts/security/pod-security-standards, `restricted`, and a root file system that is only read.
#[test]
fn every_pod_is_restricted() {
    let pods = pods();
    assert_eq!(
        pods.iter().map(|(kind, _)| kind.as_str()).collect::<Vec<_>>(),
        ["CronJob", "Job", "Deployment", "Deployment", "CronJob", "for an alert"]
    );
    for (kind, pod) in &pods {
        let security = &pod["securityContext"];
        assert_eq!((&security["runAsNonRoot"], &security["runAsUser"]), (&true.into(), &65532.into()), "{kind}");
        assert_eq!(security["seccompProfile"]["type"], "RuntimeDefault", "{kind}");
        assert!(["hostNetwork", "hostPID", "hostIPC"].iter().all(|field| pod[field].is_null()), "{kind}");
        let volumes = pod["volumes"].as_array().into_iter().flatten();
        assert!(volumes.into_iter().all(|volume| volume["hostPath"].is_null()), "{kind}");
        assert!(containers(pod).count() > 0);
        for container in containers(pod) {
            let security = &container["securityContext"];
            assert_eq!(security["allowPrivilegeEscalation"], false, "{kind}: {container}");
            assert_eq!(security["readOnlyRootFilesystem"], true, "{kind}: {container}");
            assert_eq!(security["capabilities"]["drop"], serde_json::json!(["ALL"]), "{kind}: {container}");
            assert!(!container["resources"]["limits"]["memory"].is_null(), "{kind}: {container}");
        }
    }
}

#[test]
fn every_job_ends_and_collects_before_it_analyzes() {
    for (kind, pod) in pods().iter().filter(|(kind, _)| kind != "Deployment") {
        let first = |container: &Value| container["args"][0].as_str().unwrap_or_default().to_owned();
        assert_eq!(containers(pod).map(first).collect::<Vec<_>>(), ["collect", "analyze"], "{kind}");
        assert_eq!(pod["restartPolicy"], "Never", "{kind}");
    }
    let job = job_for_an_alert();
    for field in ["activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished"] {
        assert!(job["spec"][field].is_u64(), "{field}");
    }
    let args = &job["spec"]["template"]["spec"]["initContainers"][0]["args"];
    assert!(args.as_array().into_iter().flatten().any(|arg| arg == "--from=$(K8SF_ALERT_FROM)"), "{args}");
}

#[test]
fn every_pod_is_in_a_network_policy() {
    let policies = of_kind("NetworkPolicy");
    for component in ["collect", "on-alert", "recorder"] {
        let policy = policies
            .iter()
            .find(|one| one["spec"]["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == component);
        let policy = policy.unwrap_or_else(|| panic!("no NetworkPolicy for {component}"));
        assert_eq!(policy["spec"]["policyTypes"], serde_json::json!(["Ingress", "Egress"]));
        assert_eq!(policy["spec"]["ingress"].is_null(), component == "collect", "nobody speaks to a collection");
    }
}

#[test]
fn the_chart_is_of_this_version() {
    let chart: Value = serde_saphyr::from_str(&read("chart/Chart.yaml")).expect("YAML");
    assert_eq!(
        (chart["version"].as_str(), chart["appVersion"].as_str()),
        (Some(env!("CARGO_PKG_VERSION")), Some(env!("CARGO_PKG_VERSION")))
    );
    let image = format!("ghcr.io/k8s-forensics/k8s-forensics:{}", env!("CARGO_PKG_VERSION"));
    assert!(pods().iter().all(|(_, pod)| containers(pod).all(|container| container["image"] == image)));
}
