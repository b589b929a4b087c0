//! What speaks against a step from one signal to another, of what any step shows of itself.

use super::times;
use crate::cascade::Grade;

/// In sentences without a stop. `uncertainty_ms` is how far the less certain of both times may be off.
pub fn of_step(grade: Grade, lag_ms: i64, uncertainty_ms: u32) -> Vec<String> {
    let mut said = Vec::new();
    if grade == Grade::Order {
        said.push("no record ties the two together: only time and neighbourhood".to_owned());
    }
    if lag_ms < 0 {
        let length = times::length_of_ms(lag_ms.saturating_abs());
        said.push(format!("the effect was recorded {length} before its cause, which was noticed late"));
    }
    let is_open = grade != Grade::Mechanism && lag_ms >= 0 && i64::from(uncertainty_ms) > lag_ms;
    if is_open && let Some(bound) = times::uncertainty(uncertainty_ms) {
        said.push(format!("their times may be off by {bound}, more than lies between them"));
    }
    said
}
