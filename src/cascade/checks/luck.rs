//! What kept it from growing: records do not say, so it is only asked.

use super::{Case, Check, FactorClass};

pub const CHECK: Check =
    Check { id: "luck", class: FactorClass::Luck, roles: &[], find: |_| Vec::new(), ask: Some(ask) };

fn ask(_: &Case<'_>) -> String {
    "What kept this from growing further?".to_owned()
}
