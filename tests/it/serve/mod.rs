//! `serve`: what clients of a Kubernetes API are answered from an archive, asked in plain HTTP.

mod client;
#[cfg(all(feature = "live", unix))]
mod recorded;
#[cfg(all(feature = "live", unix))]
mod watched;

use client::{TABLE, custom, fixture, names, serve};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

#[test]
fn only_this_machine_with_the_token_is_answered() {
    let serving = serve(&fixture("bad-rollout"));
    let (port, token) = (serving.port, &serving.token);
    let code =
        |path: &str, head: &str| serving.raw(&format!("GET {path} HTTP/1.1\r\n{head}Connection: close\r\n\r\n")).code;
    let host = format!("Host: 127.0.0.1:{port}\r\n");
    assert_eq!(code(&format!("/{token}/version"), &host), 200);
    assert_eq!(code("/version", &format!("Host: localhost:{port}\r\nAuthorization: Bearer {token}\r\n")), 200);
    assert_eq!(code("/version", &host), 401, "without the token");
    assert_eq!(code(&format!("/{token}x/version"), &host), 401);
    assert_eq!(code("/version", &format!("{host}Authorization: Bearer {}\r\n", token.to_uppercase())), 401);
    for other in ["example.com", "127.0.0.1", "127.0.0.1.example.com", "0.0.0.0"] {
        assert_eq!(code(&format!("/{token}/version"), &format!("Host: {other}:{}\r\n", port + 1)), 403, "{other}");
        assert_eq!(code(&format!("/{token}/version"), &format!("Host: {other}\r\n")), 403, "{other}");
    }
    // Nothing listens on the other addresses of the machine.
    let text = fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    let listens = text.lines().filter(|line| line.contains(&format!(":{port:04X} 00000000:0000 0A")));
    assert!(listens.clone().all(|line| line.contains("0100007F:")), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&serving.kubeconfig).expect("a kubeconfig").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn nothing_is_changed() {
    let serving = serve(&fixture("bad-rollout"));
    for (method, path) in [
        ("POST", "/api/v1/namespaces/shop/pods"),
        ("PUT", "/api/v1/namespaces/shop/pods/x"),
        ("PATCH", "/apis/apps/v1/namespaces/shop/deployments/pricing"),
        ("DELETE", "/api/v1/namespaces/shop/pods/x"),
        ("POST", "/api/v1/namespaces/shop/pods/x/exec?command=sh"),
        ("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews"),
    ] {
        let answer = serving.ask(method, path, "application/json");
        assert_eq!(answer.code, 405, "{method} {path}");
        let status = answer.json();
        assert_eq!((status["kind"].as_str(), status["reason"].as_str()), (Some("Status"), Some("MethodNotAllowed")));
        assert!(status["message"].as_str().is_some_and(|said| said.contains("an archive")), "{status}");
    }
    assert_eq!(serving.get("/api/v1/namespaces/shop/pods/x/exec?command=sh").code, 404);
}

#[test]
fn discovery_names_what_can_be_read_in_both_forms() {
    let serving = serve(&fixture("bad-rollout"));
    assert_eq!(serving.get("/version").json()["gitVersion"], "v1.34.4");
    let core = serving.get("/api/v1").json();
    let pods = core["resources"].as_array().expect("a list").iter().find(|one| one["name"] == "pods").expect("pods");
    assert_eq!(
        *pods,
        json!({"name": "pods", "singularName": "pod", "namespaced": true, "kind": "Pod", "shortNames": ["po"],
        "categories": ["all"], "verbs": ["get", "list", "watch"]})
    );
    let groups = serving.get("/apis").json();
    let scaling = groups["groups"].as_array().expect("a list").iter().find(|one| one["name"] == "autoscaling");
    assert_eq!(scaling.expect("a group")["preferredVersion"]["groupVersion"], "autoscaling/v2");
    assert_eq!(serving.get("/apis/apps").json()["kind"], "APIGroup");
    let newer = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
    let all = serving.ask("GET", "/apis", newer);
    assert!(all.head.contains("as=APIGroupDiscoveryList"), "{}", all.head);
    let apps =
        all.json()["items"].as_array().expect("a list").iter().find(|one| one["metadata"]["name"] == "apps").cloned();
    let kinds = apps.expect("a group")["versions"][0]["resources"].to_string();
    assert!(kinds.contains(r#""responseKind":{"group":"apps","kind":"Deployment","version":"v1"}"#), "{kinds}");
    assert_eq!(
        (serving.get("/apis/none.io/v1").code, serving.get("/api/v2").code, serving.get("/x").code),
        (404, 404, 404)
    );
}

#[test]
fn objects_are_listed_selected_and_paged() {
    let serving = serve(&fixture("bad-rollout"));
    let all = serving.get("/api/v1/pods").json();
    assert_eq!((all["kind"].as_str(), all["items"][0]["kind"].as_str()), (Some("PodList"), Some("Pod")));
    let total = names(&all).len();
    let mut seen: Vec<String> = Vec::new();
    let mut next = String::new();
    loop {
        let page = serving.get(&format!("/api/v1/pods?limit=2&continue={next}")).json();
        seen.extend(names(&page).into_iter().map(str::to_owned));
        match page["metadata"]["continue"].as_str() {
            Some(token) => next = token.to_owned(),
            None => break,
        }
        assert_eq!(page["metadata"]["remainingItemCount"], total - seen.len());
    }
    assert_eq!(seen, names(&all));
    let of_shop = serving.get("/api/v1/namespaces/shop/pods?labelSelector=app%3Dpricing").json();
    assert!(!names(&of_shop).is_empty() && names(&of_shop).iter().all(|name| name.starts_with("pricing-")));
    let node = of_shop["items"][0]["spec"]["nodeName"].as_str().expect("a node").to_owned();
    let on_node = serving.get(&format!("/api/v1/pods?fieldSelector=spec.nodeName%3D{node}")).json();
    assert!(on_node["items"].as_array().expect("items").iter().all(|pod| pod["spec"]["nodeName"] == *node));
    let one = names(&of_shop)[0];
    let by_name = serving.get(&format!("/api/v1/namespaces/shop/pods?fieldSelector=metadata.name%3D{one}")).json();
    assert_eq!(names(&by_name), [one]);
    let got = serving.get(&format!("/api/v1/namespaces/shop/pods/{one}")).json();
    assert_eq!((got["apiVersion"].as_str(), got["metadata"]["name"].as_str()), (Some("v1"), Some(one)));
    let events =
        serving.get(&format!("/api/v1/namespaces/shop/events?fieldSelector=involvedObject.name%3D{one}")).json();
    assert!(!names(&events).is_empty());
    let newer =
        serving.get(&format!("/apis/events.k8s.io/v1/namespaces/shop/events?fieldSelector=regarding.name%3D{one}"));
    let newer = newer.json();
    assert_eq!((names(&newer), newer["apiVersion"].as_str()), (names(&events), Some("events.k8s.io/v1")));
    let (event, before) = (&newer["items"][0], &events["items"][0]);
    assert_eq!((&event["note"], &event["regarding"]), (&before["message"], &before["involvedObject"]));
    assert_eq!(
        serving.rows("/apis/events.k8s.io/v1/namespaces/shop/events"),
        serving.rows("/api/v1/namespaces/shop/events")
    );
    assert_eq!(serving.get("/api/v1/pods?fieldSelector=spec.color%3Dred").code, 400);
    let none = serving.get("/api/v1/namespaces/shop/pods/none");
    assert_eq!((none.code, none.json()["message"].as_str()), (404, Some("pods \"none\" not found")));
    let scale = serving.get("/apis/apps/v1/namespaces/shop/deployments/pricing/scale").json();
    assert_eq!(scale["kind"], "Scale");
    assert_eq!(serving.get("/apis/apps/v1/namespaces/shop/deployments/pricing/status").json()["kind"], "Deployment");
}

#[test]
fn tables_are_those_of_show_with_ages_at_the_time_of_the_archive() {
    let archive = fixture("bad-rollout");
    let serving = serve(&archive);
    let shown =
        Command::new(env!("CARGO_BIN_EXE_k8s-forensics")).arg("show").arg(&archive).args(["get", "pods"]).output();
    let shown = String::from_utf8(shown.expect("the program").stdout).expect("text");
    let rows = serving.rows("/api/v1/pods");
    assert!(rows.len() > 3);
    for row in rows {
        let cells: Vec<&str> = row.split('|').take(5).collect();
        let is_shown = shown.lines().any(|line| cells.iter().all(|cell| line.contains(cell)));
        assert!(is_shown, "{row}\n{shown}");
    }
    let table = serving.ask("GET", "/api/v1/nodes?includeObject=Object", TABLE).json();
    assert_eq!(table["rows"][0]["object"]["kind"], "Node");
    let table = serving.ask("GET", "/api/v1/nodes", TABLE).json();
    let object = &table["rows"][0]["object"];
    assert_eq!((object["kind"].as_str(), object.get("spec")), (Some("PartialObjectMetadata"), None));
    assert!(object["metadata"].get("managedFields").is_none());
    let only = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
    let metadata = serving.ask("GET", "/api/v1/nodes", only).json();
    assert_eq!(metadata["items"][0]["kind"], "PartialObjectMetadata");
    assert_eq!(serving.ask("GET", "/api/v1/nodes", "application/vnd.kubernetes.protobuf").code, 406);
}

#[test]
fn a_watch_tells_what_there_is_and_holds() {
    let serving = serve(&fixture("bad-rollout"));
    let began = std::time::Instant::now();
    let all = serving.get("/api/v1/nodes?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&timeoutSeconds=2");
    assert!(began.elapsed() >= Duration::from_secs(2));
    let events: Vec<Value> = all.text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let (last, before) = events.split_last().expect("events");
    assert!(
        !before.is_empty() && before.iter().all(|event| event["type"] == "ADDED" && event["object"]["kind"] == "Node")
    );
    assert_eq!(last["type"], "BOOKMARK");
    assert_eq!(last["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");
    let after = serving.get("/api/v1/nodes?watch=true&resourceVersion=7&timeoutSeconds=1");
    assert_eq!((after.code, after.text().as_str()), (200, ""));
    let rows = serving.ask("GET", "/api/v1/nodes?watch=true&timeoutSeconds=1", TABLE).text();
    let row: Value = serde_json::from_str(rows.lines().next().expect("an event")).expect("JSON");
    assert_eq!(row["object"]["kind"], "Table");
}

#[test]
fn logs_are_cut_as_they_are_asked_for() {
    let archive = fixture("bad-rollout");
    let serving = serve(&archive);
    let pods = serving.get("/api/v1/namespaces/shop/pods?labelSelector=app%3Dpricing").json();
    let of = |pod: &str, file: &str| fs::read_to_string(archive.join(format!("logs/shop/{pod}/pricing/{file}.log")));
    let pod = names(&pods).into_iter().find(|pod| of(pod, "previous").is_ok()).expect("a pod that restarted");
    let get = |query: &str| serving.get(&format!("/api/v1/namespaces/shop/pods/{pod}/log{query}"));
    let previous = of(pod, "previous").expect("a log");
    assert_eq!(get("?previous=true&timestamps=true").text(), previous);
    let texts: Vec<&str> = previous.lines().filter_map(|line| line.split_once(' ')).map(|(_, text)| text).collect();
    assert_eq!(get("?previous=true").text().lines().collect::<Vec<_>>(), texts);
    assert_eq!(get("?previous=true&tailLines=1").text().lines().collect::<Vec<_>>(), texts[texts.len() - 1..]);
    assert_eq!(get("?previous=true&limitBytes=5").text(), texts[0].chars().take(5).collect::<String>());
    assert_eq!(get("?previous=true&sinceTime=2030-01-01T00%3A00%3A00Z").text(), "");
    assert_eq!(get("?previous=true&sinceSeconds=999999").text().lines().count(), texts.len());
    assert_eq!(get("?container=none").code, 400);
    assert_eq!(serving.get("/api/v1/namespaces/shop/pods/none/log").code, 404);
}

#[test]
fn what_was_never_collected_is_said_to_be() {
    let folder = tempfile::tempdir().expect("a folder");
    let serving = serve(&custom(folder.path()));
    let secrets = serving.get("/api/v1/secrets");
    assert_eq!(secrets.code, 403);
    let message = secrets.json()["message"].as_str().expect("a message").to_owned();
    assert_eq!(message, "not in this archive: secrets was denied when the archive was collected (because)");
    assert_eq!(serving.get("/api/v1/namespaces/shop/secrets/any").code, 403);
    let settings = serving.get("/api/v1/namespaces/shop/configmaps/settings");
    assert!(settings.head.contains("was never collected"), "{}", settings.head);
    assert_eq!(settings.json()["metadata"]["annotations"]["k8s-forensics/collected"], "metadata only");
    assert_eq!(serving.rows("/api/v1/configmaps"), ["settings|<unknown>"]);
    let widgets = serving.ask("GET", "/apis/example.io/v1alpha1/widgets", TABLE);
    assert!(widgets.head.contains("this is not all"), "{}", widgets.head);
    assert_eq!(serving.rows("/apis/example.io/v1alpha1/namespaces/shop/widgets"), ["a|True|10m", "b|True|10m"]);
    // A kind without a definition has the columns that its own server printed, and no cell that it did not print.
    let gizmos = serving.rows("/apis/example.io/v1alpha1/namespaces/shop/gizmos");
    assert_eq!(gizmos, ["new|null|10m", "old|left|9m"]);
    assert_eq!(serving.get("/apis/example.io/v1/widgets").code, 404);
    let schemas = serving.get("/openapi/v3/apis/example.io/v1alpha1").json()["components"].to_string();
    assert!(schemas.contains("An archive holds no schema"), "{schemas}");
    assert_eq!(serving.get("/openapi/v3").json()["paths"]["api/v1"]["serverRelativeURL"], "/openapi/v3/api/v1");
}

#[test]
fn reading_is_allowed_and_nothing_else() {
    let serving = serve(&fixture("bad-rollout"));
    let allowed = |verb: &str| {
        let body = json!({"spec": {"resourceAttributes": {"verb": verb, "resource": "pods"}}}).to_string();
        let (port, token) = (serving.port, &serving.token);
        let answer = serving.raw(&format!(
            "POST /{token}/apis/authorization.k8s.io/v1/selfsubjectaccessreviews HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        ));
        answer.json()["status"]["allowed"].as_bool()
    };
    assert_eq!([allowed("list"), allowed("delete")], [Some(true), Some(false)]);
}

/// Values of Secrets are shown to nobody, whoever collected them.
#[test]
fn secrets_of_others_lose_their_values() {
    let folder = tempfile::tempdir().expect("a folder");
    let list = json!({"kind": "List", "apiVersion": "v1", "items": [
        {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "a", "namespace": "shop"}, "data": {"k": "aHVudGVyMg=="}},
        {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "p", "namespace": "shop"}, "spec": {}}]});
    let file = folder.path().join("all.json");
    fs::write(&file, list.to_string()).expect("a file");
    let serving = serve(&file);
    let secret = serving.get("/api/v1/namespaces/shop/secrets/a");
    assert_eq!(secret.code, 200);
    assert!(!secret.text().contains("aHVudGVyMg"), "{}", secret.text());
    assert_eq!(names(&serving.get("/api/v1/pods").json()), ["p"]);
}

#[cfg(unix)]
#[test]
fn a_command_runs_with_the_kubeconfig_and_gives_its_code() {
    let archive = fixture("bad-rollout");
    let run = |script: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
        command.arg("serve").arg(&archive).args(["--", "sh", "-c", script]).output().expect("the program")
    };
    let done = run("stat -c %a $KUBECONFIG; echo $KUBECONFIG; grep current-context $KUBECONFIG; exit 7");
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!((done.status.code(), lines[0], lines[2]), (Some(7), "600", "current-context: \"archive\""), "{said}");
    assert!(!Path::new(lines[1]).exists(), "it goes with the command");
    assert_eq!(run("kill -9 $$").status.code(), Some(137));
    let mut none = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
    let none = none.arg("serve").arg(&archive).args(["--", "no-such-program"]).output().expect("the program");
    assert_eq!(none.status.code(), Some(1));
}
