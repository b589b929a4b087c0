//! The templates for CI: their shell steps, run with what the runners of GitHub and GitLab set.
//!
//! In place of the program stands a script that collects by copying an archive, and is the program in all else.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/format-1/1.1.zip");

fn template_text(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("a file of ours")
}

fn template(name: &str) -> Value {
    serde_saphyr::from_str(&template_text(name)).expect("YAML")
}

/// A folder of a job, with a program in it.
struct Job {
    folder: tempfile::TempDir,
    inputs: BTreeMap<String, String>,
    outputs: BTreeMap<String, String>,
}

impl Job {
    fn new(collects: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let collect = if collects { format!("cp {SAMPLE} \"$out\"; exit 3") } else { "exit 1".to_owned() };
        let program = env!("CARGO_BIN_EXE_k8s-forensics");
        let script = format!(
            "#!/bin/sh\necho \"$*\" >>called\nif [ \"$1\" = collect ]; then\n  while [ $# -gt 0 ]; do [ \"$1\" != -o ] || out=$2; shift; done\n  \
             {collect}\nfi\nexec {program} \"$@\"\n"
        );
        let path = folder.path().join("bin/k8s-forensics");
        fs::create_dir(folder.path().join("bin")).expect("a folder");
        fs::write(&path, script).expect("a script");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a program");
        let action = template("action.yml");
        let inputs = action["inputs"].as_object().expect("inputs").iter().map(|(name, input)| {
            let default = input["default"].as_str().expect("every input has one").replace("${{ github.job }}", "smoke");
            (name.clone(), default)
        });
        let inputs = inputs.collect();
        Self { inputs, outputs: BTreeMap::new(), folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    fn command(&self, shell: &str, arguments: &[&str], script: &str) -> Command {
        let mut command = Command::new(shell);
        let path = format!("{}/bin:{}", self.folder.path().display(), std::env::var("PATH").unwrap_or_default());
        command.args(arguments).arg(script).current_dir(self.folder.path()).env("PATH", path);
        command.env("KUBECONFIG", "/nonexistent");
        command
    }

    /// The value of a text with expressions in it.
    fn value(&self, text: &str) -> String {
        let mut value = text.to_owned();
        let inputs = self.inputs.iter().map(|(name, input)| (format!("${{{{ inputs.{name} }}}}"), input));
        let outputs = self.outputs.iter().map(|(name, output)| (format!("${{{{ steps.{name} }}}}"), output));
        for (expression, of) in inputs.chain(outputs) {
            value = value.replace(&expression, of);
        }
        assert!(!value.contains("${{"), "an expression that is not known: {value}");
        value
    }

    /// Runs the step of the action with this name, and takes over what it gave out.
    fn step(&mut self, name: &str) -> Output {
        let action = template("action.yml");
        let steps = action["runs"]["steps"].as_array().expect("steps");
        let step = steps.iter().find(|step| step["name"] == name).expect("a step");
        let script = step["run"].as_str().expect("a script");
        assert!(!script.contains("${{"), "inputs come by the environment: nothing of them is run as code");
        // As the runner calls bash: https://docs.github.com/actions/reference/workflow-syntax-for-github-actions
        let mut command = self.command("bash", &["--noprofile", "--norc", "-eo", "pipefail", "-c"], script);
        for (variable, value) in step["env"].as_object().into_iter().flatten() {
            command.env(variable, self.value(value.as_str().expect("a text")));
        }
        let (outputs, summary) = (self.path("outputs"), self.path("summary"));
        fs::write(&outputs, "").expect("a file");
        command
            .env("GITHUB_OUTPUT", &outputs)
            .env("GITHUB_STEP_SUMMARY", summary)
            .env("RUNNER_TEMP", self.folder.path());
        let ended = command.output().expect("bash runs");
        for (name, value) in self.text("outputs").lines().filter_map(|line| line.split_once('=')) {
            let id = step["id"].as_str().expect("a step that gives something out has an id");
            self.outputs.insert(format!("{id}.outputs.{name}"), value.to_owned());
        }
        ended
    }

    fn output(&self, name: &str) -> &str {
        self.outputs.get(name).map(String::as_str).unwrap_or_default()
    }
}

fn said(ended: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr))
}

#[test]
fn the_action_collects_and_puts_the_draft_into_the_summary() {
    let mut job = Job::new(true);
    job.inputs.insert("context".to_owned(), "kind smoke".to_owned());
    job.inputs.insert("checks".to_owned(), "a.xml\nb c.xml\n".to_owned());
    job.step("Make a folder");
    let ended = job.step("Collect");
    assert!(ended.status.success(), "{}", said(&ended));
    assert!(said(&ended).contains("::warning::k8s-forensics collect ended with 3"), "{}", said(&ended));
    let called = job.text("called");
    assert!(called.contains("--profile quick --context kind smoke --checks a.xml --checks b c.xml"), "{called}");
    let ended = job.step("Put the draft into the summary");
    assert!(ended.status.success(), "{}", said(&ended));
    let summary = job.text("summary");
    assert!(summary.starts_with("# ") && summary.contains("## Summary"), "{summary}");
    assert!(summary.len() < 1 << 20 && summary.ends_with("in the artifact **k8s-forensics-smoke**.\n"), "{summary}");
    assert!(Path::new(job.output("draft.outputs.archive")).is_file(), "{:?}", job.outputs);
    assert!(Path::new(job.output("draft.outputs.report")).join("postmortem.md").is_file(), "{:?}", job.outputs);
}

#[test]
fn the_action_fails_nothing_where_it_collects_nothing() {
    let mut job = Job::new(false);
    job.step("Make a folder");
    for step in ["Collect", "Put the draft into the summary"] {
        let ended = job.step(step);
        assert!(ended.status.success(), "{}", said(&ended));
    }
    assert_eq!((job.output("draft.outputs.archive"), job.text("summary").as_str()), ("", ""));
}

#[test]
fn the_action_runs_a_command_and_fails_as_it_does() {
    let mut job = Job::new(true);
    let settings =
        [("run", "echo \"it's $HOME\" | cat; false | true\necho no"), ("cleanup", "touch cleaned"), ("timeout", "1m")];
    job.inputs.extend(settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
    job.inputs.insert("namespace".to_owned(), "ci".to_owned());
    job.step("Make a folder");
    let ended = job.step("Run the command");
    assert_eq!(ended.status.code(), Some(1), "a pipe that fails, as in a step of its own: {}", said(&ended));
    assert!(job.path("cleaned").exists() && !said(&ended).contains("\nno\n"), "{}", said(&ended));
    let folder = PathBuf::from(job.output("folder.outputs.folder"));
    let runs = fs::read_to_string(folder.join("runs.csv")).expect("the run is noted");
    assert!(runs.lines().last().is_some_and(|run| run.contains(",failed,smoke,ci,1,")), "{runs}");
    job.inputs.insert("run".to_owned(), "true".to_owned());
    assert!(job.step("Run the command").status.success());
}

#[test]
fn after_script_of_gitlab_collects_where_the_job_failed_and_nothing_did_so_before() {
    let job = Job::new(true);
    let template = template("ci/gitlab.yml");
    let of = &template[".k8s-forensics"];
    let script: Vec<&str> = of["after_script"].as_array().expect("lines").iter().filter_map(Value::as_str).collect();
    let options = of["variables"]["K8SF_COLLECT"].as_str().expect("options");
    let run = |status: &str| {
        let mut command = job.command("sh", &["-c"], &script.join("\n"));
        command.env("CI_JOB_STATUS", status).env("K8SF_COLLECT", options).output().expect("sh runs")
    };
    assert!(run("success").status.success() && !job.path("k8s-forensics/failed.zip").exists());
    let ended = run("failed");
    assert!(ended.status.success() && said(&ended).contains("collect ended with 3"), "{}", said(&ended));
    let paths: Vec<&str> =
        of["artifacts"]["paths"].as_array().expect("paths").iter().filter_map(Value::as_str).collect();
    assert_eq!(paths, ["k8s-forensics/"]);
    let draft = job.text("k8s-forensics/failed-report/postmortem.gitlab.md");
    assert!(job.path("k8s-forensics/failed.zip").is_file() && draft.starts_with("# "), "{draft}");
    fs::write(job.path("called"), "").expect("a file");
    assert!(run("failed").status.success());
    assert_eq!(job.text("called"), "", "what was collected is taken as it is");
}

#[test]
fn three_lines_for_any_shell_collect_before_they_clean_up() {
    let page = template_text("docs/ci.md");
    let lines: Vec<&str> = page.lines().skip_while(|line| *line != "    set -e").take(3).map(str::trim_start).collect();
    let job = Job::new(true);
    let helm = job.path("bin/helm");
    fs::write(&helm, "#!/bin/sh\necho \"helm $*\" >>called\n").expect("a script");
    fs::set_permissions(&helm, fs::Permissions::from_mode(0o755)).expect("a program");
    let run = |test: &str| {
        let mut command = job.command("sh", &["-c"], &format!("{}\n{test}\n", lines.join("\n")));
        command.output().expect("sh runs").status.code()
    };
    assert_eq!(run("true"), Some(0));
    assert_eq!(job.text("called"), "helm uninstall shop -n ci\n", "nothing is collected of a run that passed");
    fs::write(job.path("called"), "").expect("a file");
    assert_eq!(run("(exit 5)"), Some(5));
    let called = job.text("called");
    let words: Vec<&str> = called.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(words, ["collect", "analyze", "helm"], "{called}");
    assert!(job.path("failed.zip-report/postmortem.md").exists() || job.path("failed-report/postmortem.md").exists());
}
