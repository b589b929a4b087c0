//! The containers of a pod: images, ports, command, state, resources, probes, environment and mounts.
//!
//! Commands, arguments and values are printed in full; nothing is hidden or shortened here.

use k8s_openapi::api::core::v1::{
    self as core, ContainerPort, ContainerState, ContainerStatus, EnvFromSource, EnvVar, Pod, Probe,
    ResourceRequirements, SecurityContext, VolumeDevice, VolumeMount,
};

use super::age::{moment, rfc1123};
use super::fields::{seccomp, set_field, text_of};
use super::text::Text;
use super::{environment, probe, resources};

/// The fields regular, init and ephemeral containers have in common, as far as they are described.
pub(super) struct Container<'a> {
    name: &'a str,
    image: &'a str,
    ports: &'a [ContainerPort],
    security: Option<&'a SecurityContext>,
    command: &'a [String],
    arguments: &'a [String],
    /// Requests and limits; `None` if the container declares none.
    resources: Option<&'a ResourceRequirements>,
    probes: [(&'static str, Option<&'a Probe>); 3],
    /// Sources whose every key becomes a variable.
    sources: &'a [EnvFromSource],
    /// Single variables.
    variables: &'a [EnvVar],
    mounts: &'a [VolumeMount],
    devices: &'a [VolumeDevice],
}

/// Borrows the common fields of one of the two container types.
macro_rules! borrow_container {
    ($container:expr) => {{
        let container = $container;
        Container {
            name: &container.name,
            image: text_of(&container.image),
            ports: container.ports.as_deref().unwrap_or_default(),
            security: container.security_context.as_ref(),
            command: container.command.as_deref().unwrap_or_default(),
            arguments: container.args.as_deref().unwrap_or_default(),
            resources: container.resources.as_ref(),
            probes: [
                ("Liveness", container.liveness_probe.as_ref()),
                ("Readiness", container.readiness_probe.as_ref()),
                ("Startup", container.startup_probe.as_ref()),
            ],
            sources: container.env_from.as_deref().unwrap_or_default(),
            variables: container.env.as_deref().unwrap_or_default(),
            mounts: container.volume_mounts.as_deref().unwrap_or_default(),
            devices: container.volume_devices.as_deref().unwrap_or_default(),
        }
    }};
}

impl<'a> From<&'a core::Container> for Container<'a> {
    fn from(container: &'a core::Container) -> Self {
        borrow_container!(container)
    }
}

impl<'a> From<&'a core::EphemeralContainer> for Container<'a> {
    fn from(container: &'a core::EphemeralContainer) -> Self {
        borrow_container!(container)
    }
}

/// Writes a group of containers (kubectl pkg/describe/describe.go, `describeContainers`).
pub(super) fn containers(
    text: &mut Text,
    title: &str,
    containers: &[Container],
    statuses: Option<&[ContainerStatus]>,
    pod: &Pod,
) {
    if containers.is_empty() {
        text.line(0, format_args!("{title}: <none>"));
    } else {
        text.heading(0, title);
    }
    for container in containers {
        // The last status of a name wins, as in kubectl's lookup table.
        let status = statuses.unwrap_or_default().iter().rfind(|status| status.name == container.name);
        basics(text, container, status);
        lines(text, "Command", container.command);
        lines(text, "Args", container.arguments);
        if let Some(status) = status {
            current_state(text, status);
        }
        if let Some(requirements) = container.resources {
            resources::requirements(text, requirements, 2);
        }
        for (name, probe) in container.probes {
            if let Some(probe) = probe {
                text.field(2, name, probe::probe(probe));
            }
        }
        environment::environment(text, (container.sources, container.variables), container.resources, pod);
        mounts(text, container);
    }
}

fn basics(text: &mut Text, container: &Container, status: Option<&ContainerStatus>) {
    text.heading(1, container.name);
    if let Some(status) = status {
        text.field(2, "Container ID", text_of(&status.container_id));
    }
    text.field(2, "Image", container.image);
    if let Some(status) = status {
        text.field(2, "Image ID", &status.image_id);
    }
    let ports = ports(container.ports, |port| port.container_port);
    let host_ports = self::ports(container.ports, |port| port.host_port.unwrap_or(0));
    port_field(text, "Port", &ports);
    port_field(text, "Host Port", &host_ports);
    let profile = container.security.and_then(|context| context.seccomp_profile.as_ref());
    if let Some(profile) = profile {
        seccomp(text, profile, 2, 3);
    }
}

fn ports(ports: &[ContainerPort], number: impl Fn(&ContainerPort) -> i32) -> String {
    let shown: Vec<String> = ports
        .iter()
        .map(|port| {
            let (number, protocol) = (number(port), text_of(&port.protocol));
            match text_of(&port.name) {
                "" => format!("{number}/{protocol}"),
                name => format!("{number}/{protocol} ({name})"),
            }
        })
        .collect();
    shown.join(", ")
}

/// The name is in the plural as soon as the list has a comma.
fn port_field(text: &mut Text, name: &str, ports: &str) {
    if ports.contains(',') {
        text.field(2, format_args!("{name}s"), ports);
    } else {
        text.field(2, name, if ports.is_empty() { "<none>" } else { ports });
    }
}

/// A command or argument list, one line per line of each element.
fn lines(text: &mut Text, title: &str, elements: &[String]) {
    if elements.is_empty() {
        return;
    }
    text.heading(2, title);
    for line in elements.iter().flat_map(|element| element.split('\n')) {
        text.line(3, line);
    }
}

fn current_state(text: &mut Text, status: &ContainerStatus) {
    state(text, "State", status.state.as_ref());
    if let Some(last) = &status.last_state
        && last.terminated.is_some()
    {
        state(text, "Last State", Some(last));
    }
    text.field(2, "Ready", if status.ready { "True" } else { "False" });
    text.field(2, "Restart Count", status.restart_count);
}

/// One state (kubectl pkg/describe/describe.go, `describeStatus`); an unknown one counts as waiting.
fn state(text: &mut Text, title: &str, state: Option<&ContainerState>) {
    let running = state.and_then(|state| state.running.as_ref());
    let waiting = state.and_then(|state| state.waiting.as_ref());
    let terminated = state.and_then(|state| state.terminated.as_ref());
    if let Some(running) = running {
        text.field(2, title, "Running");
        text.field(3, "Started", rfc1123(moment(running.started_at.as_ref())));
    } else if let Some(ended) = terminated.filter(|_| waiting.is_none()) {
        text.field(2, title, "Terminated");
        set_field(text, 3, "Reason", &ended.reason);
        set_field(text, 3, "Message", &ended.message);
        text.field(3, "Exit Code", ended.exit_code);
        if let Some(signal) = ended.signal.filter(|signal| *signal > 0) {
            text.field(3, "Signal", signal);
        }
        text.field(3, "Started", rfc1123(moment(ended.started_at.as_ref())));
        text.field(3, "Finished", rfc1123(moment(ended.finished_at.as_ref())));
    } else {
        text.field(2, title, "Waiting");
        if let Some(waiting) = waiting {
            set_field(text, 3, "Reason", &waiting.reason);
        }
    }
}

fn mounts(text: &mut Text, container: &Container) {
    let none = if container.mounts.is_empty() { "\t<none>" } else { "" };
    text.line(2, format_args!("Mounts:{none}"));
    let mut sorted: Vec<&VolumeMount> = container.mounts.iter().collect();
    sorted.sort_by(|left, right| left.mount_path.cmp(&right.mount_path));
    for mount in sorted {
        let mode = if mount.read_only == Some(true) { "ro" } else { "rw" };
        let (path, name) = (&mount.mount_path, &mount.name);
        match text_of(&mount.sub_path) {
            "" => text.line(3, format_args!("{path} from {name} ({mode})")),
            sub_path => {
                let sub_path = environment::quoted(sub_path);
                text.line(3, format_args!("{path} from {name} ({mode},path={sub_path})"));
            }
        }
    }
    if container.devices.is_empty() {
        return;
    }
    // kubectl repeats the verdict on mounts here.
    text.line(2, format_args!("Devices:{none}"));
    let mut sorted: Vec<&VolumeDevice> = container.devices.iter().collect();
    sorted.sort_by(|left, right| left.device_path.cmp(&right.device_path));
    for device in sorted {
        text.line(3, format_args!("{} from {}", device.device_path, device.name));
    }
}
