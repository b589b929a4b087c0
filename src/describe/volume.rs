//! The volumes of a pod: those made of cluster objects or of the node itself, and the choice between all kinds.
//!
//! A volume is described by its reference; what it holds is never looked up.

use k8s_openapi::api::core::v1::{
    CSIVolumeSource, DownwardAPIVolumeSource, EmptyDirVolumeSource, PersistentVolumeClaimTemplate,
    ProjectedVolumeSource, Volume, VolumeProjection,
};

use super::fields::{self, LONGEST_LINE, Strings, shortened, text_of};
use super::quantity::{Amount, canonical};
use super::text::Text;
use super::volume_backend::{self, is_set, rows};

/// Annotation that names the storage class of old claims (k8s.io/api/core/v1, `BetaStorageClassAnnotation`).
const OLD_STORAGE_CLASS: &str = "volume.beta.kubernetes.io/storage-class";

/// Writes all volumes (kubectl pkg/describe/describe.go, `describeVolumes`).
pub(super) fn volumes(text: &mut Text, volumes: &[Volume]) {
    if volumes.is_empty() {
        text.field(0, "Volumes", "<none>");
        return;
    }
    text.heading(0, "Volumes");
    for volume in volumes {
        text.heading(1, &volume.name);
        let known = from_node(text, volume)
            || from_cluster(text, volume)
            || volume_backend::network(text, volume)
            || volume_backend::cloud(text, volume);
        if !known {
            text.line(1, "<unknown>");
        }
    }
}

/// Volumes on the node's own disk; says whether this was one.
fn from_node(text: &mut Text, volume: &Volume) -> bool {
    if let Some(host) = &volume.host_path {
        rows(
            text,
            "HostPath (bare host directory volume)",
            &[("Path", &host.path), ("HostPathType", &host.type_.as_deref().unwrap_or("<none>"))],
        );
    } else if let Some(directory) = &volume.empty_dir {
        empty_directory(text, directory);
    } else if let Some(git) = &volume.git_repo {
        rows(
            text,
            "GitRepo (a volume that is pulled from git when the pod is created)",
            &[("Repository", &git.repository), ("Revision", &text_of(&git.revision))],
        );
    } else if let Some(image) = &volume.image {
        rows(
            text,
            "Image (a container image or OCI artifact)",
            &[("Reference", &text_of(&image.reference)), ("PullPolicy", &text_of(&image.pull_policy))],
        );
    } else {
        return false;
    }
    true
}

/// Volumes filled from cluster objects; says whether this was one.
fn from_cluster(text: &mut Text, volume: &Volume) -> bool {
    if let Some(secret) = &volume.secret {
        rows(
            text,
            "Secret (a volume populated by a Secret)",
            &[("SecretName", &text_of(&secret.secret_name)), ("Optional", &is_set(secret.optional))],
        );
    } else if let Some(map) = &volume.config_map {
        rows(
            text,
            "ConfigMap (a volume populated by a ConfigMap)",
            &[("Name", &map.name), ("Optional", &is_set(map.optional))],
        );
    } else if let Some(claim) = &volume.persistent_volume_claim {
        rows(
            text,
            "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
            &[("ClaimName", &claim.claim_name), ("ReadOnly", &is_set(claim.read_only))],
        );
    } else if let Some(ephemeral) = &volume.ephemeral {
        let kind = "EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)";
        rows(text, kind, &[]);
        if let Some(template) = &ephemeral.volume_claim_template {
            text.shifted(2, |text| claim_template(text, template));
        }
    } else if let Some(downward) = &volume.downward_api {
        downward_api(text, downward);
    } else if let Some(projected) = &volume.projected {
        projection(text, projected);
    } else if let Some(driver) = &volume.csi {
        storage_interface(text, driver);
    } else {
        return false;
    }
    true
}

fn empty_directory(text: &mut Text, directory: &EmptyDirVolumeSource) {
    let limit = directory.size_limit.as_ref();
    let is_positive = |amount: &Amount| amount.is_positive();
    let limit = limit
        .filter(|limit| Amount::parse(&limit.0).as_ref().is_some_and(is_positive))
        .map_or("<unset>".to_owned(), canonical);
    rows(
        text,
        "EmptyDir (a temporary directory that shares a pod's lifetime)",
        &[("Medium", &text_of(&directory.medium)), ("SizeLimit", &limit)],
    );
}

fn downward_api(text: &mut Text, downward: &DownwardAPIVolumeSource) {
    rows(text, "DownwardAPI (a volume populated by information about the pod)", &[]);
    text.heading(2, "Items");
    for file in downward.items.iter().flatten() {
        if let Some(field) = &file.field_ref {
            text.line(3, format_args!("{} -> {}", field.field_path, file.path));
        }
        if let Some(resource) = &file.resource_field_ref {
            text.line(3, format_args!("{} -> {}", resource.resource, file.path));
        }
    }
}

fn projection(text: &mut Text, projected: &ProjectedVolumeSource) {
    rows(text, "Projected (a volume that contains injected data from multiple sources)", &[]);
    for source in projected.sources.iter().flatten() {
        projected_source(text, source);
    }
}

/// One source; kinds kubectl 1.34 does not know leave no trace.
fn projected_source(text: &mut Text, source: &VolumeProjection) {
    if let Some(secret) = &source.secret {
        text.field(2, "SecretName", &secret.name);
        text.field(2, "Optional", is_set(secret.optional));
    } else if source.downward_api.is_some() {
        text.field(2, "DownwardAPI", true);
    } else if let Some(map) = &source.config_map {
        text.field(2, "ConfigMapName", &map.name);
        text.field(2, "Optional", is_set(map.optional));
    } else if let Some(token) = &source.service_account_token
        && let Some(seconds) = token.expiration_seconds
    {
        text.field(2, "TokenExpirationSeconds", seconds);
    }
}

fn storage_interface(text: &mut Text, driver: &CSIVolumeSource) {
    rows(
        text,
        "CSI (a Container Storage Interface (CSI) volume source)",
        &[("Driver", &driver.driver), ("FSType", &text_of(&driver.fs_type)), ("ReadOnly", &is_set(driver.read_only))],
    );
    text.put(2, "VolumeAttributes:\t");
    let no_attributes = Strings::new();
    let attributes = driver.volume_attributes.as_ref().unwrap_or(&no_attributes);
    if attributes.is_empty() {
        text.line(0, "<none>");
    }
    for (index, (key, value)) in attributes.iter().enumerate() {
        if index > 0 {
            // kubectl indents each of these pieces, also those in the middle of a line.
            text.put(2, "");
            text.put(2, "\t");
        }
        text.line(2, shortened(&format!("{key}={value}"), LONGEST_LINE));
    }
}

/// The claim of an ephemeral volume (kubectl pkg/describe/describe.go, `printPersistentVolumeClaim`).
fn claim_template(text: &mut Text, template: &PersistentVolumeClaimTemplate) {
    let metadata = template.metadata.clone().unwrap_or_default();
    let spec = &template.spec;
    let annotations = metadata.annotations.as_ref();
    let class =
        annotations.and_then(|annotations| annotations.get(OLD_STORAGE_CLASS)).or(spec.storage_class_name.as_ref());
    let volume = text_of(&spec.volume_name);
    text.field(0, "StorageClass", class.map_or("", String::as_str));
    text.field(0, "Volume", volume);
    fields::labels(text, "Labels", metadata.labels.as_ref());
    fields::annotations(text, annotations);
    // A template has no status, so a bound one has a capacity of nothing and no access modes.
    text.field(0, "Capacity", if volume.is_empty() { "" } else { "0" });
    text.field(0, "Access Modes", "");
    if let Some(mode) = &spec.volume_mode {
        text.field(0, "VolumeMode", mode);
    }
    if let Some(source) = &spec.data_source {
        text.heading(0, "DataSource");
        if let Some(group) = &source.api_group {
            text.field(1, "APIGroup", group);
        }
        text.field(1, "Kind", &source.kind);
        text.field(1, "Name", &source.name);
    }
}
