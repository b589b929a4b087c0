//! Collectors that ask kubelets, through the API server: journals, logs, and what they tell of themselves.

pub mod containers;
pub mod journals;
pub mod kernel;
pub mod kubelet;
pub mod log_cut;
pub mod pod_logs;
