//! Volumes served by a storage backend: network file systems and block devices, and the disks of cloud providers.
//!
//! Most of these kinds have long been replaced by CSI drivers; they are kept because old pods still name them.

use std::fmt::Display;

use k8s_openapi::api::core::v1::{
    CephFSVolumeSource, FCVolumeSource, FlexVolumeSource, ISCSIVolumeSource, LocalObjectReference, RBDVolumeSource,
    ScaleIOVolumeSource, Volume,
};

use super::fields::text_of;
use super::text::Text;

/// Writes the type line and the fields of a volume.
pub(super) fn rows(text: &mut Text, kind: &str, rows: &[(&str, &dyn Display)]) {
    text.field(2, "Type", kind);
    text.fields(2, rows);
}

/// A flag that is off unless set.
pub(super) fn is_set(flag: Option<bool>) -> bool {
    flag.unwrap_or(false)
}

/// Volumes reached over a network (kubectl pkg/describe/describe.go, `describeVolumes`); says whether this was one.
pub(super) fn network(text: &mut Text, volume: &Volume) -> bool {
    if let Some(nfs) = &volume.nfs {
        rows(
            text,
            "NFS (an NFS mount that lasts the lifetime of a pod)",
            &[("Server", &nfs.server), ("Path", &nfs.path), ("ReadOnly", &is_set(nfs.read_only))],
        );
    } else if let Some(iscsi) = &volume.iscsi {
        internet_scsi(text, iscsi);
    } else if let Some(glusterfs) = &volume.glusterfs {
        rows(
            text,
            "Glusterfs (a Glusterfs mount on the host that shares a pod's lifetime)",
            &[
                ("EndpointsName", &glusterfs.endpoints),
                ("Path", &glusterfs.path),
                ("ReadOnly", &is_set(glusterfs.read_only)),
            ],
        );
    } else if let Some(rbd) = &volume.rbd {
        rados(text, rbd);
    } else if let Some(cephfs) = &volume.cephfs {
        ceph(text, cephfs);
    } else if let Some(channel) = &volume.fc {
        fibre_channel(text, channel);
    } else if let Some(flex) = &volume.flex_volume {
        flexible(text, flex);
    } else {
        return storage_system(text, volume);
    }
    true
}

/// Disks of cloud providers; says whether this was one.
pub(super) fn cloud(text: &mut Text, volume: &Volume) -> bool {
    if let Some(disk) = &volume.gce_persistent_disk {
        rows(
            text,
            "GCEPersistentDisk (a Persistent Disk resource in Google Compute Engine)",
            &[
                ("PDName", &disk.pd_name),
                ("FSType", &text_of(&disk.fs_type)),
                ("Partition", &disk.partition.unwrap_or(0)),
                ("ReadOnly", &is_set(disk.read_only)),
            ],
        );
    } else if let Some(disk) = &volume.aws_elastic_block_store {
        rows(
            text,
            "AWSElasticBlockStore (a Persistent Disk resource in AWS)",
            &[
                ("VolumeID", &disk.volume_id),
                ("FSType", &text_of(&disk.fs_type)),
                ("Partition", &disk.partition.unwrap_or(0)),
                ("ReadOnly", &is_set(disk.read_only)),
            ],
        );
    } else if let Some(disk) = &volume.cinder {
        rows(
            text,
            "Cinder (a Persistent Disk resource in OpenStack)",
            &[
                ("VolumeID", &disk.volume_id),
                ("FSType", &text_of(&disk.fs_type)),
                ("ReadOnly", &is_set(disk.read_only)),
                ("SecretRef", &reference(disk.secret_ref.as_ref())),
            ],
        );
    } else {
        return azure(text, volume) || virtual_disk(text, volume);
    }
    true
}

fn azure(text: &mut Text, volume: &Volume) -> bool {
    if let Some(disk) = &volume.azure_disk {
        rows(
            text,
            "AzureDisk (an Azure Data Disk mount on the host and bind mount to the pod)",
            &[("DiskName", &disk.disk_name), ("DiskURI", &disk.disk_uri)],
        );
        // A blank after the colon: kubectl's own.
        text.line(2, format_args!("Kind: \t{}", text_of(&disk.kind)));
        text.field(2, "FSType", text_of(&disk.fs_type));
        text.field(2, "CachingMode", text_of(&disk.caching_mode));
        text.field(2, "ReadOnly", is_set(disk.read_only));
    } else if let Some(file) = &volume.azure_file {
        rows(
            text,
            "AzureFile (an Azure File Service mount on the host and bind mount to the pod)",
            &[
                ("SecretName", &file.secret_name),
                ("ShareName", &file.share_name),
                ("ReadOnly", &is_set(file.read_only)),
            ],
        );
    } else {
        return false;
    }
    true
}

fn virtual_disk(text: &mut Text, volume: &Volume) -> bool {
    if let Some(disk) = &volume.vsphere_volume {
        rows(
            text,
            "vSphereVolume (a Persistent Disk resource in vSphere)",
            &[
                ("VolumePath", &disk.volume_path),
                ("FSType", &text_of(&disk.fs_type)),
                ("StoragePolicyName", &text_of(&disk.storage_policy_name)),
            ],
        );
    } else if let Some(disk) = &volume.photon_persistent_disk {
        rows(
            text,
            "PhotonPersistentDisk (a Persistent Disk resource in photon platform)",
            &[("PdID", &disk.pd_id), ("FSType", &text_of(&disk.fs_type))],
        );
    } else {
        return false;
    }
    true
}

fn storage_system(text: &mut Text, volume: &Volume) -> bool {
    if let Some(quobyte) = &volume.quobyte {
        rows(
            text,
            "Quobyte (a Quobyte mount on the host that shares a pod's lifetime)",
            &[("Registry", &quobyte.registry), ("Volume", &quobyte.volume), ("ReadOnly", &is_set(quobyte.read_only))],
        );
    } else if let Some(portworx) = &volume.portworx_volume {
        let kind = "PortworxVolume (a Portworx Volume resource)";
        rows(text, kind, &[("VolumeID", &portworx.volume_id)]);
    } else if let Some(scale) = &volume.scale_io {
        scale_io(text, scale);
    } else if let Some(storage) = &volume.storageos {
        rows(
            text,
            "StorageOS (a StorageOS Persistent Disk resource)",
            &[
                ("VolumeName", &text_of(&storage.volume_name)),
                ("VolumeNamespace", &text_of(&storage.volume_namespace)),
                ("FSType", &text_of(&storage.fs_type)),
                ("ReadOnly", &is_set(storage.read_only)),
            ],
        );
    } else if let Some(flocker) = &volume.flocker {
        rows(
            text,
            "Flocker (a Flocker volume mounted by the Flocker agent)",
            &[("DatasetName", &text_of(&flocker.dataset_name)), ("DatasetUUID", &text_of(&flocker.dataset_uuid))],
        );
    } else {
        return false;
    }
    true
}

fn internet_scsi(text: &mut Text, iscsi: &ISCSIVolumeSource) {
    rows(
        text,
        "ISCSI (an ISCSI Disk resource that is attached to a kubelet's host machine and then exposed to the pod)",
        &[("TargetPortal", &iscsi.target_portal), ("IQN", &iscsi.iqn), ("Lun", &iscsi.lun)],
    );
    // No colon: kubectl's own.
    let interface = text_of(&iscsi.iscsi_interface);
    text.line(2, format_args!("ISCSIInterface\t{interface}"));
    let initiator = iscsi.initiator_name.as_deref().unwrap_or("<none>");
    text.fields(
        2,
        &[
            ("FSType", &text_of(&iscsi.fs_type)),
            ("ReadOnly", &is_set(iscsi.read_only)),
            ("Portals", &list(iscsi.portals.as_deref().unwrap_or_default())),
            ("DiscoveryCHAPAuth", &is_set(iscsi.chap_auth_discovery)),
            ("SessionCHAPAuth", &is_set(iscsi.chap_auth_session)),
            ("SecretRef", &reference(iscsi.secret_ref.as_ref())),
            ("InitiatorName", &initiator),
        ],
    );
}

fn rados(text: &mut Text, rbd: &RBDVolumeSource) {
    rows(
        text,
        "RBD (a Rados Block Device mount on the host that shares a pod's lifetime)",
        &[
            ("CephMonitors", &list(&rbd.monitors)),
            ("RBDImage", &rbd.image),
            ("FSType", &text_of(&rbd.fs_type)),
            ("RBDPool", &text_of(&rbd.pool)),
            ("RadosUser", &text_of(&rbd.user)),
            ("Keyring", &text_of(&rbd.keyring)),
            ("SecretRef", &reference(rbd.secret_ref.as_ref())),
            ("ReadOnly", &is_set(rbd.read_only)),
        ],
    );
}

fn ceph(text: &mut Text, cephfs: &CephFSVolumeSource) {
    rows(
        text,
        "CephFS (a CephFS mount on the host that shares a pod's lifetime)",
        &[
            ("Monitors", &list(&cephfs.monitors)),
            ("Path", &text_of(&cephfs.path)),
            ("User", &text_of(&cephfs.user)),
            ("SecretFile", &text_of(&cephfs.secret_file)),
            ("SecretRef", &reference(cephfs.secret_ref.as_ref())),
            ("ReadOnly", &is_set(cephfs.read_only)),
        ],
    );
}

fn fibre_channel(text: &mut Text, channel: &FCVolumeSource) {
    let targets = channel.target_wwns.as_deref().unwrap_or_default();
    let unit = channel.lun.map_or("<none>".to_owned(), |unit| unit.to_string());
    rows(
        text,
        "FC (a Fibre Channel disk)",
        &[
            ("TargetWWNs", &targets.join(", ")),
            ("LUN", &unit),
            ("FSType", &text_of(&channel.fs_type)),
            ("ReadOnly", &is_set(channel.read_only)),
        ],
    );
}

fn flexible(text: &mut Text, flex: &FlexVolumeSource) {
    let options: Vec<String> = flex.options.iter().flatten().map(|(key, value)| format!("{key}:{value}")).collect();
    rows(
        text,
        "FlexVolume (a generic volume resource that is provisioned/attached using an exec based plugin)",
        &[
            ("Driver", &flex.driver),
            ("FSType", &text_of(&flex.fs_type)),
            ("SecretRef", &reference(flex.secret_ref.as_ref())),
            ("ReadOnly", &is_set(flex.read_only)),
            ("Options", &format_args!("map{}", list(&options))),
        ],
    );
}

fn scale_io(text: &mut Text, scale: &ScaleIOVolumeSource) {
    rows(
        text,
        "ScaleIO (a persistent volume backed by a block device in ScaleIO)",
        &[
            ("Gateway", &scale.gateway),
            ("System", &scale.system),
            ("Protection Domain", &text_of(&scale.protection_domain)),
            ("Storage Pool", &text_of(&scale.storage_pool)),
            ("Storage Mode", &text_of(&scale.storage_mode)),
            ("VolumeName", &text_of(&scale.volume_name)),
            ("FSType", &text_of(&scale.fs_type)),
            ("ReadOnly", &is_set(scale.read_only)),
        ],
    );
}

/// A list as Go's `%v` prints it.
fn list(items: &[String]) -> String {
    format!("[{}]", items.join(" "))
}

/// A reference as the generated Go type prints itself (k8s.io/api/core/v1/generated.pb.go,
/// `LocalObjectReference.String`).
fn reference(reference: Option<&LocalObjectReference>) -> String {
    reference.map_or("nil".to_owned(), |reference| format!("&LocalObjectReference{{Name:{},}}", reference.name))
}
