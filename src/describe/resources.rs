//! Requests and limits: as declared, as a pod's total, as a container's variable, and as a quality-of-service class.
//!
//! Totals follow kubectl's own arithmetic, which ignores pod-level requirements; a quantity that cannot be read counts
//! as absent.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Container, ContainerStatus, Pod, PodSpec, ResourceFieldSelector, ResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::fields::text_of;
use super::quantity::{Amount, Amounts, canonical};
use super::text::Text;

/// Quantities by resource name, as the API holds them.
pub(super) type Quantities = BTreeMap<String, Quantity>;

/// Writes limits and requests (kubectl pkg/describe/describe.go, `describeResources`).
pub(super) fn requirements(text: &mut Text, requirements: &ResourceRequirements, level: usize) {
    let groups = [("Limits", &requirements.limits), ("Requests", &requirements.requests)];
    for (title, quantities) in groups {
        let quantities = quantities.as_ref().filter(|quantities| !quantities.is_empty());
        if quantities.is_some() {
            text.heading(level, title);
        }
        for (name, quantity) in quantities.into_iter().flatten() {
            text.field(level + 1, name, canonical(quantity));
        }
    }
}

/// Readable quantities as amounts.
pub(super) fn amounts(quantities: Option<&Quantities>) -> Amounts {
    let quantities = quantities.into_iter().flatten();
    quantities.filter_map(|(name, quantity)| Some((name.clone(), Amount::parse(&quantity.0)?))).collect()
}

/// Adds every amount of `more`.
pub(super) fn add_all(sum: &mut Amounts, more: &Amounts) {
    for (name, amount) in more {
        match sum.get_mut(name) {
            Some(total) => total.add(amount),
            None => {
                sum.insert(name.clone(), amount.clone());
            }
        }
    }
}

/// What the scheduler sets aside for a pod (kubectl pkg/util/resource/resource.go, `podRequests`).
pub(super) fn pod_requests(pod: &Pod) -> Amounts {
    let mut total = combined(pod, |container| current_requests(pod, container));
    add_all(&mut total, &overhead(pod));
    total
}

/// What a pod may use at most (kubectl pkg/util/resource/resource.go, `podLimits`).
pub(super) fn pod_limits(pod: &Pod) -> Amounts {
    let mut total = combined(pod, |container| {
        let declared = container.resources.as_ref();
        amounts(declared.and_then(|resources| resources.limits.as_ref()))
    });
    for (name, amount) in overhead(pod) {
        if let Some(limit) = total.get_mut(&name).filter(|limit| !limit.is_zero()) {
            limit.add(&amount);
        }
    }
    total
}

/// The value a resource field reference gives a variable; `None` if the resource cannot be referred to
/// (kubectl pkg/util/resource/resource.go, `ExtractContainerResourceValue`).
pub(super) fn container_value(
    declared: Option<&ResourceRequirements>,
    selector: &ResourceFieldSelector,
) -> Option<String> {
    let (group, name) = selector.resource.split_once('.')?;
    let known = matches!(name, "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-");
    let quantities = match group {
        "limits" => declared.and_then(|declared| declared.limits.as_ref()),
        "requests" => declared.and_then(|declared| declared.requests.as_ref()),
        _ => return None,
    };
    if !known {
        return None;
    }
    let amount = quantities.and_then(|quantities| Amount::parse(&quantities.get(name)?.0));
    let amount = amount.unwrap_or(Amount::ZERO);
    let divisor = selector.divisor.as_ref().and_then(|divisor| Amount::parse(&divisor.0));
    let (amount, unit, divisor) = match (name, divisor.filter(|divisor| !divisor.is_zero())) {
        ("cpu", divisor) => (amount.thousandths(), 1_000, divisor.map(|divisor| divisor.thousandths())),
        (_, divisor) => (amount.units(), 1, divisor.map(|divisor| divisor.units())),
    };
    let quotient = (amount as f64 / divisor.unwrap_or(unit) as f64).ceil();
    Some((quotient as i64).to_string())
}

/// The quality-of-service class a pod's requirements amount to (kubectl pkg/util/qos/qos.go, `ComputePodQOS`).
pub(super) fn qos_class(spec: &PodSpec) -> &'static str {
    let mut declared: Vec<&ResourceRequirements> = spec.resources.iter().collect();
    let mut guaranteed = true;
    if declared.is_empty() {
        let containers = || {
            let initial = spec.init_containers.iter().flatten();
            spec.containers.iter().chain(initial)
        };
        guaranteed = containers().all(|container| container.resources.is_some());
        declared = containers().filter_map(|container| container.resources.as_ref()).collect();
    }
    let (mut requests, mut limits) = (Amounts::new(), Amounts::new());
    for resources in declared {
        let limit = compute_amounts(resources.limits.as_ref());
        guaranteed &= limit.len() == 2;
        add_all(&mut limits, &limit);
        add_all(&mut requests, &compute_amounts(resources.requests.as_ref()));
    }
    if requests.is_empty() && limits.is_empty() {
        return "BestEffort";
    }
    let same = requests.iter().all(|(name, request)| limits.get(name).is_some_and(|limit| limit.equals(request)));
    if guaranteed && same && requests.len() == limits.len() { "Guaranteed" } else { "Burstable" }
}

/// Sum over main containers and sidecars, or the peak during initialisation if that is higher.
fn combined(pod: &Pod, of: impl Fn(&Container) -> Amounts) -> Amounts {
    let mut total = Amounts::new();
    let (mut sidecars, mut initial) = (Amounts::new(), Amounts::new());
    let Some(spec) = &pod.spec else {
        return total;
    };
    for container in &spec.containers {
        add_all(&mut total, &of(container));
    }
    for container in spec.init_containers.iter().flatten() {
        let mut own = of(container);
        if is_sidecar(container) {
            add_all(&mut total, &own);
            add_all(&mut sidecars, &own);
            own = sidecars.clone();
        } else {
            add_all(&mut own, &sidecars);
        }
        raise(&mut initial, &own);
    }
    raise(&mut total, &initial);
    total
}

fn is_sidecar(container: &Container) -> bool {
    text_of(&container.restart_policy) == "Always"
}

/// Requests of a container, which an unfinished in-place resize can hold above what the spec says
/// (kubectl pkg/util/resource/resource.go, `determineContainerReqs`).
fn current_requests(pod: &Pod, container: &Container) -> Amounts {
    let declared = container.resources.as_ref();
    let declared = amounts(declared.and_then(|resources| resources.requests.as_ref()));
    let Some((status, actual)) = resized_status(pod, container) else {
        return declared;
    };
    let mut current = if resize_is_infeasible(pod) { Amounts::new() } else { declared };
    raise(&mut current, &amounts(actual.requests.as_ref()));
    raise(&mut current, &amounts(status.allocated_resources.as_ref()));
    current
}

/// The status of a main container or sidecar, if it reports resources.
fn resized_status<'a>(pod: &'a Pod, container: &Container) -> Option<(&'a ContainerStatus, &'a ResourceRequirements)> {
    let is_main = |spec: &PodSpec| spec.containers.iter().any(|main| main.name == container.name);
    if !pod.spec.as_ref().is_some_and(is_main) && !is_sidecar(container) {
        return None;
    }
    let status = pod.status.as_ref()?;
    let main = status.container_statuses.iter().flatten();
    let initial = status.init_container_statuses.iter().flatten();
    let status = main.chain(initial).rfind(|status| status.name == container.name)?;
    Some((status, status.resources.as_ref()?))
}

fn resize_is_infeasible(pod: &Pod) -> bool {
    let status = pod.status.as_ref();
    let mut conditions = status.and_then(|status| status.conditions.as_ref()).into_iter().flatten();
    conditions
        .find(|condition| condition.type_ == "PodResizePending")
        .is_some_and(|condition| text_of(&condition.reason) == "Infeasible")
}

fn overhead(pod: &Pod) -> Amounts {
    let spec = pod.spec.as_ref();
    amounts(spec.and_then(|spec| spec.overhead.as_ref()))
}

/// Raises every amount to that of `other`.
fn raise(peak: &mut Amounts, other: &Amounts) {
    for (name, amount) in other {
        if peak.get(name).is_none_or(|highest| amount.exceeds(highest)) {
            peak.insert(name.clone(), amount.clone());
        }
    }
}

/// The positive amounts that decide the quality-of-service class.
fn compute_amounts(quantities: Option<&Quantities>) -> Amounts {
    let mut counted = amounts(quantities);
    counted.retain(|name, amount| matches!(name.as_str(), "cpu" | "memory") && amount.is_positive());
    counted
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn pod(spec: Value) -> Pod {
        serde_json::from_value(json!({"metadata": {}, "spec": spec})).unwrap_or_default()
    }

    fn asking(cpu: &str) -> Value {
        json!({"name": "c", "resources": {"requests": {"cpu": cpu}}})
    }

    #[test]
    fn initialisation_counts_if_it_peaks_higher() {
        let mut sidecar = asking("100m");
        sidecar["restartPolicy"] = json!("Always");
        let pod = pod(json!({
            "containers": [asking("200m")], "initContainers": [sidecar, asking("1")],
            "overhead": {"cpu": "50m"},
        }));
        let cpu = pod_requests(&pod).remove("cpu").unwrap_or(Amount::ZERO);
        assert_eq!(cpu.text(), "1150m");
        assert!(pod_limits(&pod).is_empty());
    }

    #[test]
    fn the_class_follows_requests_and_limits() {
        let full = json!({"cpu": "1", "memory": "1Gi"});
        let class = |resources: Value| {
            let pod = pod(json!({"containers": [{"name": "c", "resources": resources}]}));
            pod.spec.as_ref().map_or("", qos_class)
        };
        assert_eq!(class(json!({"limits": full, "requests": full})), "Guaranteed");
        assert_eq!(class(json!({"requests": full})), "Burstable");
        assert_eq!(class(json!({})), "BestEffort");
    }

    #[test]
    fn a_variable_is_divided_and_rounded_up() {
        let declared = json!({"limits": {"cpu": "1500m", "memory": "100Mi"}});
        let declared: Option<ResourceRequirements> = serde_json::from_value(declared).ok();
        let value = |resource: &str, divisor: &str| {
            let selector = ResourceFieldSelector {
                resource: resource.to_owned(),
                divisor: Some(Quantity(divisor.to_owned())),
                container_name: None,
            };
            container_value(declared.as_ref(), &selector)
        };
        assert_eq!(value("limits.cpu", "0").as_deref(), Some("2"));
        assert_eq!(value("limits.cpu", "1m").as_deref(), Some("1500"));
        assert_eq!(value("limits.memory", "1Mi").as_deref(), Some("100"));
        assert_eq!(value("requests.memory", "1").as_deref(), Some("0"));
        assert_eq!(value("limits.nvidia.com/gpu", "1"), None);
    }
}
