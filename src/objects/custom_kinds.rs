//! The kinds behind the plurals of widely used custom resources, which an audit log names by those alone.
//!
//! From the CustomResourceDefinitions that each project ships (`spec.names`), in alphabetical order of the plural with
//! its group.

/// The kind of such a plural.
pub fn of_plural(plural: &str) -> Option<&'static str> {
    let found = KNOWN.binary_search_by_key(&plural, |(plural, _)| plural);
    found.ok().and_then(|place| KNOWN.get(place)).map(|(_, kind)| *kind)
}

const KNOWN: &[(&str, &str)] = &[
    ("alertmanagerconfigs.monitoring.coreos.com", "AlertmanagerConfig"),
    ("alertmanagers.monitoring.coreos.com", "Alertmanager"),
    ("analysisruns.argoproj.io", "AnalysisRun"),
    ("analysistemplates.argoproj.io", "AnalysisTemplate"),
    ("applications.argoproj.io", "Application"),
    ("applicationsets.argoproj.io", "ApplicationSet"),
    ("appprojects.argoproj.io", "AppProject"),
    ("authorizationpolicies.security.istio.io", "AuthorizationPolicy"),
    ("backups.velero.io", "Backup"),
    ("bgppeers.metallb.io", "BGPPeer"),
    ("buckets.source.toolkit.fluxcd.io", "Bucket"),
    ("certificaterequests.cert-manager.io", "CertificateRequest"),
    ("certificates.cert-manager.io", "Certificate"),
    ("challenges.acme.cert-manager.io", "Challenge"),
    ("ciliumclusterwidenetworkpolicies.cilium.io", "CiliumClusterwideNetworkPolicy"),
    ("ciliumendpoints.cilium.io", "CiliumEndpoint"),
    ("ciliumidentities.cilium.io", "CiliumIdentity"),
    ("ciliumnetworkpolicies.cilium.io", "CiliumNetworkPolicy"),
    ("ciliumnodes.cilium.io", "CiliumNode"),
    ("clusterissuers.cert-manager.io", "ClusterIssuer"),
    ("clusterpolicies.kyverno.io", "ClusterPolicy"),
    ("clusterqueues.kueue.x-k8s.io", "ClusterQueue"),
    ("clusters.cluster.x-k8s.io", "Cluster"),
    ("clusters.postgresql.cnpg.io", "Cluster"),
    ("clustersecretstores.external-secrets.io", "ClusterSecretStore"),
    ("constrainttemplates.templates.gatekeeper.sh", "ConstraintTemplate"),
    ("cronworkflows.argoproj.io", "CronWorkflow"),
    ("destinationrules.networking.istio.io", "DestinationRule"),
    ("dnsendpoints.externaldns.k8s.io", "DNSEndpoint"),
    ("ec2nodeclasses.karpenter.k8s.aws", "EC2NodeClass"),
    ("envoyfilters.networking.istio.io", "EnvoyFilter"),
    ("externalsecrets.external-secrets.io", "ExternalSecret"),
    ("felixconfigurations.crd.projectcalico.org", "FelixConfiguration"),
    ("gatewayclasses.gateway.networking.k8s.io", "GatewayClass"),
    ("gateways.gateway.networking.k8s.io", "Gateway"),
    ("gateways.networking.istio.io", "Gateway"),
    ("gitrepositories.source.toolkit.fluxcd.io", "GitRepository"),
    ("globalnetworkpolicies.crd.projectcalico.org", "GlobalNetworkPolicy"),
    ("grpcroutes.gateway.networking.k8s.io", "GRPCRoute"),
    ("helmcharts.source.toolkit.fluxcd.io", "HelmChart"),
    ("helmreleases.helm.toolkit.fluxcd.io", "HelmRelease"),
    ("helmrepositories.source.toolkit.fluxcd.io", "HelmRepository"),
    ("httproutes.gateway.networking.k8s.io", "HTTPRoute"),
    ("ingressroutes.traefik.io", "IngressRoute"),
    ("ipaddresspools.metallb.io", "IPAddressPool"),
    ("ippools.crd.projectcalico.org", "IPPool"),
    ("issuers.cert-manager.io", "Issuer"),
    ("kustomizations.kustomize.toolkit.fluxcd.io", "Kustomization"),
    ("l2advertisements.metallb.io", "L2Advertisement"),
    ("localqueues.kueue.x-k8s.io", "LocalQueue"),
    ("machinedeployments.cluster.x-k8s.io", "MachineDeployment"),
    ("machinehealthchecks.cluster.x-k8s.io", "MachineHealthCheck"),
    ("machines.cluster.x-k8s.io", "Machine"),
    ("machinesets.cluster.x-k8s.io", "MachineSet"),
    ("middlewares.traefik.io", "Middleware"),
    ("networkpolicies.crd.projectcalico.org", "NetworkPolicy"),
    ("nodeclaims.karpenter.sh", "NodeClaim"),
    ("nodepools.karpenter.sh", "NodePool"),
    ("ocirepositories.source.toolkit.fluxcd.io", "OCIRepository"),
    ("orders.acme.cert-manager.io", "Order"),
    ("peerauthentications.security.istio.io", "PeerAuthentication"),
    ("podmonitors.monitoring.coreos.com", "PodMonitor"),
    ("policies.kyverno.io", "Policy"),
    ("probes.monitoring.coreos.com", "Probe"),
    ("prometheuses.monitoring.coreos.com", "Prometheus"),
    ("prometheusrules.monitoring.coreos.com", "PrometheusRule"),
    ("referencegrants.gateway.networking.k8s.io", "ReferenceGrant"),
    ("requestauthentications.security.istio.io", "RequestAuthentication"),
    ("restores.velero.io", "Restore"),
    ("rollouts.argoproj.io", "Rollout"),
    ("scaledjobs.keda.sh", "ScaledJob"),
    ("scaledobjects.keda.sh", "ScaledObject"),
    ("schedules.velero.io", "Schedule"),
    ("scrapeconfigs.monitoring.coreos.com", "ScrapeConfig"),
    ("secretstores.external-secrets.io", "SecretStore"),
    ("serviceentries.networking.istio.io", "ServiceEntry"),
    ("servicemonitors.monitoring.coreos.com", "ServiceMonitor"),
    ("sidecars.networking.istio.io", "Sidecar"),
    ("tcproutes.gateway.networking.k8s.io", "TCPRoute"),
    ("tlsroutes.gateway.networking.k8s.io", "TLSRoute"),
    ("triggerauthentications.keda.sh", "TriggerAuthentication"),
    ("verticalpodautoscalers.autoscaling.k8s.io", "VerticalPodAutoscaler"),
    ("virtualservices.networking.istio.io", "VirtualService"),
    ("volumes.longhorn.io", "Volume"),
    ("volumesnapshotclasses.snapshot.storage.k8s.io", "VolumeSnapshotClass"),
    ("volumesnapshotcontents.snapshot.storage.k8s.io", "VolumeSnapshotContent"),
    ("volumesnapshots.snapshot.storage.k8s.io", "VolumeSnapshot"),
    ("workflows.argoproj.io", "Workflow"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_are_found_with_their_group() {
        assert!(KNOWN.is_sorted());
        assert_eq!(of_plural("podmonitors.monitoring.coreos.com"), Some("PodMonitor"));
        assert_eq!(of_plural("podmonitors"), None);
    }
}
