//! Collectors that ask kubelets, through the API server: journals, logs, and what they tell of themselves.

mod answers;
mod by_pod;
mod by_ssh;
pub mod containers;
mod desk;
mod file_server;
mod journal_decode;
mod journal_files;
pub mod journals;
mod keep;
pub mod kernel;
pub mod kubelet;
mod line_time;
pub mod log_cut;
mod log_dir;
mod log_file;
mod log_form;
mod now_written;
mod offer;
pub mod pod_files;
pub mod pod_logs;
mod seam;
mod short_precise;
pub mod ssh;
mod tail;
mod unpack;
pub mod var_log;
