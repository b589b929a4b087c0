// Makes objects of Flux and Argo CD with these programs' own types and prints them as JSON, one a line, as an API server
// would hand them out: an Application that was synced, failed and drifted, a Kustomization, a HelmRelease whose values
// changed and whose chart did not, and their sources.
package main

import (
	"encoding/json"
	"log"
	"os"
	"time"

	argo "github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	health "github.com/argoproj/gitops-engine/pkg/health"
	synccommon "github.com/argoproj/gitops-engine/pkg/sync/common"
	helm "github.com/fluxcd/helm-controller/api/v2"
	kustomize "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/pkg/apis/meta"
	source "github.com/fluxcd/source-controller/api/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	oldCommit = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"
	newCommit = "363a6a8fe6a7f13e05d34c163b0ef02a777da20a"
	badCommit = "9f8e7d6c5b4a39281706f5e4d3c2b1a098765432"
)

// Every time is so many seconds from a moment that the tests know.
func at(seconds int) metav1.Time {
	return metav1.NewTime(time.Date(2026, 11, 27, 6, 0, 0, 0, time.UTC).Add(time.Duration(seconds) * time.Second))
}

func ptr[T any](value T) *T { return &value }

func object(name, namespace string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: namespace, CreationTimestamp: at(-86400)}
}

func application() argo.Application {
	// The password stands for what an address must not carry on.
	from := argo.ApplicationSource{RepoURL: "https://ci:hunter2@git.example.com/team/shop.git", Path: "deploy", TargetRevision: "main"}
	result := func(kind, name string, code synccommon.ResultCode, message string, images ...string) *argo.ResourceResult {
		group, version := "apps", "v1"
		if kind != "Deployment" {
			group = ""
		}
		return &argo.ResourceResult{Group: group, Version: version, Kind: kind, Namespace: "shop", Name: name,
			Status: code, Message: message, HookPhase: synccommon.OperationRunning, SyncPhase: synccommon.SyncPhaseSync, Images: images}
	}
	return argo.Application{
		TypeMeta:   metav1.TypeMeta{APIVersion: "argoproj.io/v1alpha1", Kind: "Application"},
		ObjectMeta: object("shop", "argocd"),
		Spec: argo.ApplicationSpec{Project: "default", Source: &from,
			Destination: argo.ApplicationDestination{Server: "https://kubernetes.default.svc", Namespace: "shop"}},
		Status: argo.ApplicationStatus{
			History: argo.RevisionHistories{
				{ID: 0, Revision: oldCommit, DeployStartedAt: ptr(at(-7200)), DeployedAt: at(-7195), Source: from,
					InitiatedBy: argo.OperationInitiator{Automated: true}},
				{ID: 1, Revision: newCommit, DeployStartedAt: ptr(at(60)), DeployedAt: at(65), Source: from,
					InitiatedBy: argo.OperationInitiator{Username: "jane.roe"}},
			},
			OperationState: &argo.OperationState{
				Operation: argo.Operation{Sync: &argo.SyncOperation{Revision: badCommit}, InitiatedBy: argo.OperationInitiator{Username: "jane.roe"}},
				Phase:     synccommon.OperationFailed, StartedAt: at(600), FinishedAt: ptr(at(612)), RetryCount: 2,
				Message: "one or more objects failed to apply, reason: Deployment.apps \"cart\" is invalid: spec.selector: Invalid value: field is immutable (retried 2 times).",
				SyncResult: &argo.SyncOperationResult{Revision: badCommit, Source: from, Resources: argo.ResourceResults{
					result("Deployment", "api", synccommon.ResultCodeSynced, "deployment.apps/api configured", "shop/api:1.8"),
					result("Deployment", "cart", synccommon.ResultCodeSyncFailed, "Deployment.apps \"cart\" is invalid: spec.selector: Invalid value: field is immutable"),
					result("Service", "api", synccommon.ResultCodeSynced, "service/api unchanged"),
					result("ConfigMap", "settings", synccommon.ResultCodeSynced, "configmap/settings serverside-applied"),
					result("ServiceAccount", "old", synccommon.ResultCodePruned, "pruned"),
				}},
			},
			Sync:   argo.SyncStatus{Status: argo.SyncStatusCodeOutOfSync, Revision: badCommit},
			Health: argo.AppHealthStatus{Status: health.HealthStatusDegraded, LastTransitionTime: ptr(at(700))},
			Conditions: []argo.ApplicationCondition{{Type: argo.ApplicationConditionSyncError, LastTransitionTime: ptr(at(612)),
				Message: "Failed last sync attempt to " + badCommit + ": one or more objects failed to apply"}},
			Resources: []argo.ResourceStatus{
				{Group: "apps", Version: "v1", Kind: "Deployment", Namespace: "shop", Name: "api", Status: argo.SyncStatusCodeSynced,
					Health: &argo.HealthStatus{Status: health.HealthStatusDegraded, Message: "Deployment \"api\" exceeded its progress deadline"}},
				{Group: "apps", Version: "v1", Kind: "Deployment", Namespace: "shop", Name: "cart", Status: argo.SyncStatusCodeOutOfSync},
			},
		},
	}
}

func kustomization() kustomize.Kustomization {
	reconciled := func(first, last int, status string, commit string, total int64) meta.Snapshot {
		return meta.Snapshot{Digest: "sha256:" + commit + commit[:24], FirstReconciled: at(first), LastReconciled: at(last),
			LastReconciledDuration: metav1.Duration{Duration: 1200 * time.Millisecond}, LastReconciledStatus: status,
			TotalReconciliations: total, Metadata: map[string]string{"revision": "main@sha1:" + commit}}
	}
	return kustomize.Kustomization{
		TypeMeta:   metav1.TypeMeta{APIVersion: "kustomize.toolkit.fluxcd.io/v1", Kind: "Kustomization"},
		ObjectMeta: object("shop", "flux-system"),
		Spec: kustomize.KustomizationSpec{Interval: metav1.Duration{Duration: 10 * time.Minute}, Path: "./shop", Prune: true,
			SourceRef: kustomize.CrossNamespaceSourceReference{Kind: "GitRepository", Name: "fleet"}},
		Status: kustomize.KustomizationStatus{
			LastAppliedRevision: "main@sha1:" + newCommit, LastAttemptedRevision: "main@sha1:" + badCommit,
			Conditions: []metav1.Condition{{Type: "Ready", Status: metav1.ConditionFalse, Reason: "BuildFailed", LastTransitionTime: at(310),
				Message: "kustomize build failed: accumulating resources: no such file or directory"}},
			Inventory: &kustomize.ResourceInventory{Entries: []kustomize.ResourceRef{
				{ID: "shop_web_apps_Deployment", Version: "v1"}, {ID: "_shop__reader_rbac.authorization.k8s.io_ClusterRole", Version: "v1"}}},
			History: meta.History{
				reconciled(300, 900, "BuildFailed", badCommit, 3),
				reconciled(120, 240, "ReconciliationSucceeded", newCommit, 2),
				reconciled(-9000, -600, "ReconciliationSucceeded", oldCommit, 50),
			},
		},
	}
}

func helmRelease() helm.HelmRelease {
	released := func(version int, status, chart, config string, deployed int) *helm.Snapshot {
		return &helm.Snapshot{APIVersion: "v2", Digest: "sha256:" + config, Name: "cache", Namespace: "shop", Version: version, Status: status,
			ChartName: "cache", ChartVersion: chart, ConfigDigest: "sha256:" + config, FirstDeployed: at(-90000), LastDeployed: at(deployed)}
	}
	return helm.HelmRelease{
		TypeMeta:   metav1.TypeMeta{APIVersion: "helm.toolkit.fluxcd.io/v2", Kind: "HelmRelease"},
		ObjectMeta: object("cache", "shop"),
		Status: helm.HelmReleaseStatus{
			Failures: 1, UpgradeFailures: 1,
			Conditions: []metav1.Condition{{Type: "Released", Status: metav1.ConditionFalse, Reason: helm.UpgradeFailedReason, LastTransitionTime: at(520),
				Message: "Helm upgrade failed for release shop/cache with chart cache@2.1.0: context deadline exceeded"}},
			History: helm.Snapshots{
				released(3, "failed", "2.1.0", "cc", 220),
				released(2, "superseded", "2.0.0", "bb", 100),
				released(1, "superseded", "2.0.0", "aa", -90000),
			},
		},
	}
}

func gitRepository() source.GitRepository {
	return source.GitRepository{
		TypeMeta:   metav1.TypeMeta{APIVersion: "source.toolkit.fluxcd.io/v1", Kind: "GitRepository"},
		ObjectMeta: object("fleet", "flux-system"),
		Spec:       source.GitRepositorySpec{URL: "ssh://git@git.example.com:22/team/fleet", Interval: metav1.Duration{Duration: time.Minute}},
		Status: source.GitRepositoryStatus{Artifact: &meta.Artifact{Path: "gitrepository/flux-system/fleet/x.tar.gz",
			URL: "http://source-controller.flux-system.svc.cluster.local./x.tar.gz", Revision: "main@sha1:" + badCommit,
			Digest: "sha256:" + badCommit + badCommit[:24], LastUpdateTime: at(295)}},
	}
}

func main() {
	out := json.NewEncoder(os.Stdout)
	for _, one := range []any{application(), kustomization(), helmRelease(), gitRepository()} {
		if err := out.Encode(one); err != nil {
			log.Fatal(err)
		}
	}
}
