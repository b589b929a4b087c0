//! Live tests: the real binary against a real cluster, the lab of `tests/lab`, in the order below.
//!
//! They run with `K8SF_LAB=1` only, as root on Linux, and say so otherwise. The lab is started by the first test
//! that needs it and taken down at the end, whatever the end; `K8SF_LAB_KEEP=1` leaves it up for the next run.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking, and a missing JSON field reads as null"
)]

mod access;
mod analyse;
mod applications;
mod audit;
mod audited;
mod bundles;
mod collect;
mod delivery;
mod describes;
mod faults;
mod gone;
#[cfg(feature = "on-alert")]
mod in_cluster;
mod kinds;
mod lab;
mod leaks;
mod members;
mod plan;
mod planted;
mod process;
mod recorder;
mod releases;
mod sealed;
#[cfg(feature = "serve")]
mod served;
mod tenant;
mod watched;
mod ways;

use lab::Lab;
use libtest_mimic::{Arguments, Failed, Trial};
use std::process::ExitCode;
use std::thread;
use tokio::signal::unix::{SignalKind, signal};

type Test = (&'static str, fn(&Lab));

/// What is undisturbed comes first, and bundles while the cluster is the one that had the incident, what breaks the control plane last; the audit log is read when all is done.
const TESTS: &[Test] = &[
    ("collect::takes_everything_after_an_incident", collect::takes_everything_after_an_incident),
    ("collect::has_every_container_log", collect::has_every_container_log),
    ("collect::has_the_journals_of_all_nodes", collect::has_the_journals_of_all_nodes),
    ("collect::has_what_kubelets_and_the_control_plane_tell", collect::has_what_kubelets_and_the_control_plane_tell),
    ("collect::has_metrics_and_alert_history", collect::has_metrics_and_alert_history),
    ("bundles::a_dump_of_kubectl_tells_the_same", bundles::a_dump_of_kubectl_tells_the_same),
    ("bundles::what_kubectl_prints_tells_the_same", bundles::what_kubectl_prints_tells_the_same),
    ("bundles::tables_of_kubectl_tell_of_the_same", bundles::tables_of_kubectl_tell_of_the_same),
    (A_SUPPORT_BUNDLE, bundles::a_support_bundle_tells_the_same),
    ("describes::are_as_kubectl_prints_them", describes::are_as_kubectl_prints_them),
    #[cfg(feature = "serve")]
    ("served::is_as_the_cluster_to_kubectl", served::is_as_the_cluster_to_kubectl),
    ("gone::has_rotated_logs_and_those_of_deleted_pods", gone::has_rotated_logs_and_those_of_deleted_pods),
    ("analyse::tells_the_story", analyse::tells_the_story),
    ("analyse::cites_what_is_there", analyse::cites_what_is_there),
    ("analyse::gives_the_same_bytes_again", analyse::gives_the_same_bytes_again),
    ("kinds::comes_with_every_kind_of_the_cluster", kinds::comes_with_every_kind_of_the_cluster),
    ("members::with_one_etcd_agree", members::with_one_etcd_agree),
    ("members::with_two_etcds_are_told_apart", members::with_two_etcds_are_told_apart),
    ("applications::are_found_and_told", applications::are_found_and_told),
    ("access::says_what_is_wrong_with_the_access", access::says_what_is_wrong_with_the_access),
    ("access::keeps_secrets_out", access::keeps_secrets_out),
    ("planted::are_taken_out", planted::are_taken_out),
    ("audited::the_api_servers_audit_log_is_nowhere", audited::the_api_servers_audit_log_is_nowhere),
    ("audit::is_taken_only_where_it_was_asked_for", audit::is_taken_only_where_it_was_asked_for),
    ("audit::tells_who_changed_what", audit::tells_who_changed_what),
    ("releases::are_told_with_their_revisions", releases::are_told_with_their_revisions),
    ("watched::begins_with_the_runs_that_failed", watched::begins_with_the_runs_that_failed),
    ("recorder::knows_what_is_gone", recorder::knows_what_is_gone),
    ("recorder::shows_what_there_was", recorder::shows_what_there_was),
    ("recorder::is_taken_into_an_archive", recorder::is_taken_into_an_archive),
    ("recorder::takes_the_last_words_of_what_fails", recorder::takes_the_last_words_of_what_fails),
    ("leaks::values_of_kinds_are_nowhere", leaks::values_of_kinds_are_nowhere),
    ("tenant::makes_do_with_a_role_in_one_namespace", tenant::makes_do_with_a_role_in_one_namespace),
    ("plan::predicts_what_is_denied", plan::predicts_what_is_denied),
    ("plan::prints_a_role_that_is_enough", plan::prints_a_role_that_is_enough),
    #[cfg(feature = "on-alert")]
    ("in_cluster::collects_when_an_alert_fires", in_cluster::collects_when_an_alert_fires),
    #[cfg(feature = "on-alert")]
    ("in_cluster::collects_what_was_recorded", in_cluster::collects_what_was_recorded),
    #[cfg(feature = "on-alert")]
    ("in_cluster::archives_open_whenever_a_pod_is_killed", in_cluster::archives_open_whenever_a_pod_is_killed),
    ("delivery::keeps_within_a_size", delivery::keeps_within_a_size),
    ("delivery::goes_to_stdout_signed", delivery::goes_to_stdout_signed),
    ("delivery::says_that_the_disk_is_full", delivery::says_that_the_disk_is_full),
    ("ways::reads_journals_through_pods", ways::reads_journals_through_pods),
    ("ways::removes_what_a_killed_run_left", ways::removes_what_a_killed_run_left),
    ("ways::reads_journals_by_ssh", ways::reads_journals_by_ssh),
    ("faults::seals_when_interrupted", faults::seals_when_interrupted),
    ("faults::goes_on_without_a_frozen_node", faults::goes_on_without_a_frozen_node),
    ("faults::goes_on_when_the_node_is_back", faults::goes_on_when_the_node_is_back),
    ("faults::goes_on_after_a_kill", faults::goes_on_after_a_kill),
    ("audit::has_requests_that_never_ended", audit::has_requests_that_never_ended),
    ("faults::seals_without_an_api_server", faults::seals_without_an_api_server),
    ("faults::seals_with_a_frozen_api_server", faults::seals_with_a_frozen_api_server),
    ("access::only_reads", access::only_reads),
];

/// Its program takes minutes to build, so it is not among what always runs: tests/lab/support-bundle.sh.
const A_SUPPORT_BUNDLE: &str = "bundles::a_support_bundle_tells_the_same";

/// A minute or two each, and seldom broken: they run with `K8SF_LAB_LONG=1`, as `.ci/run all` does, or when named.
const LONG: &[&str] = &[
    "watched::begins_with_the_runs_that_failed",
    "recorder::shows_what_there_was",
    #[cfg(feature = "on-alert")]
    "in_cluster::archives_open_whenever_a_pod_is_killed",
];

fn main() -> ExitCode {
    let mut args = Arguments::from_args();
    args.test_threads = Some(1);
    let obstacle = lab::obstacle();
    if let (Some(why), false) = (&obstacle, args.list) {
        let asked_for = std::env::var("K8SF_LAB").as_deref() == Ok("1") && std::env::var("CI").as_deref() == Ok("true");
        if asked_for {
            eprintln!("error: live tests cannot run: {why}");
            return ExitCode::FAILURE;
        }
        eprintln!("live tests skipped: {why} (run them with K8SF_LAB=1 cargo test --test live)");
    }
    if obstacle.is_none() && !args.list {
        end_on_signal();
    }
    let has_program = std::env::var_os(bundles::SUPPORT_BUNDLE).is_some();
    let wants_long = args.list || args.filter.is_some() || std::env::var("K8SF_LAB_LONG").as_deref() == Ok("1");
    let is_asked_for = |name: &str| (has_program || name != A_SUPPORT_BUNDLE) && (wants_long || !LONG.contains(&name));
    if !wants_long && obstacle.is_none() {
        eprintln!("live tests: {} that take minutes are left out, K8SF_LAB_LONG=1 runs them too", LONG.len());
    }
    let trials = TESTS.iter().filter(|(name, _)| is_asked_for(name)).map(|&(name, test)| match obstacle.clone() {
        None => Trial::test(name, move || passed(test)),
        Some(why) => Trial::test(name, || Err(why.into())).with_ignored_flag(true),
    });
    let conclusion = libtest_mimic::run(&args, trials.collect());
    lab::end();
    conclusion.exit_code()
}

fn passed(test: fn(&Lab)) -> Result<(), Failed> {
    test(lab::lab());
    Ok(())
}

/// Takes the lab down on Ctrl-C and on signals that ask to end.
fn end_on_signal() {
    thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let number = runtime.expect("a runtime needs only memory").block_on(async {
            let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
            let [mut interrupt, mut terminate, mut hangup] =
                kinds.map(|kind| signal(kind).expect("these signals can be handled"));
            tokio::select! {
                _ = interrupt.recv() => 2,
                _ = terminate.recv() => 15,
                _ = hangup.recv() => 1,
            }
        });
        eprintln!("\nlive tests: interrupted, cleaning up");
        process::interrupt_all();
        lab::end_in_a_hurry();
        std::process::exit(128 + number);
    });
}
