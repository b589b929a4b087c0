//! The formats of inputs, one file each.

pub mod archive;
mod bundle;
pub mod checks;
pub mod loose;
pub mod notes;

use super::format::Format;

/// All formats that an input may have whose kind nobody named.
pub const FORMATS: &[Format] = &[
    archive::FORMAT,
    bundle::must_gather::FORMAT,
    bundle::support_bundle::FORMAT,
    bundle::cluster_info::FORMAT,
    bundle::sonobuoy::FORMAT,
    bundle::sosreport::FORMAT,
    bundle::crust_gather::FORMAT,
    bundle::kubectl_gather::FORMAT,
    bundle::support_bundle_kit::FORMAT,
    bundle::insights::FORMAT,
    loose::FORMAT,
];

/// What would be understood, as it is told to whoever gave something else.
pub fn understood() -> String {
    let bundles = FORMATS.iter().map(|format| format.name).filter(|name| *name != loose::FORMAT.name);
    format!("{}; or {}", bundles.collect::<Vec<_>>().join(", "), loose::FORMS)
}
