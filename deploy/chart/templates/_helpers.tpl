{{- define "k8sf.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 30 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 30 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "k8sf.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "k8sf.labels" -}}
{{ include "k8sf.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "k8sf.image" -}}
image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end }}

{{- /* Of a pod, as the Pod Security Standard `restricted` wants it. */}}
{{- define "k8sf.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "k8sf.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- /* Whether collections read what the recorder wrote: no other pod sees an emptyDir. */}}
{{- define "k8sf.readsRecording" -}}
{{- if not (has .Values.recorder.readFrom (list "sameNode" "anyNode" "nowhere")) }}{{ fail "recorder.readFrom is sameNode, anyNode or nowhere" }}{{ end }}
{{- if and .Values.recorder.enabled (ne .Values.recorder.readFrom "nowhere") (not (hasKey .Values.recorder.storage.volume "emptyDir")) }}yes{{ end }}
{{- end }}

{{- /* The volume that the recorder writes to, as one of a pod. */}}
{{- define "k8sf.recordingVolume" -}}
- name: recording
  {{- if .Values.recorder.storage.volume }}
  {{- toYaml .Values.recorder.storage.volume | nindent 2 }}
  {{- else }}
  persistentVolumeClaim: {claimName: {{ .Values.recorder.storage.existingClaim | default (printf "%s-recorder" (include "k8sf.name" .)) }}}
  {{- end }}
{{- end }}

{{- /* Where a Job may run: run.affinity, and on the node of the recorder where its volume is there alone. */}}
{{- define "k8sf.jobAffinity" -}}
{{- $affinity := deepCopy .Values.run.affinity }}
{{- if and (include "k8sf.readsRecording" .) (eq .Values.recorder.readFrom "sameNode") }}
{{- $labels := merge (dict "app.kubernetes.io/component" "recorder") (fromYaml (include "k8sf.selector" .)) }}
{{- $term := dict "topologyKey" "kubernetes.io/hostname" "labelSelector" (dict "matchLabels" $labels) }}
{{- $pods := $affinity.podAffinity | default dict }}
{{- $_ := set $pods "requiredDuringSchedulingIgnoredDuringExecution" (append ($pods.requiredDuringSchedulingIgnoredDuringExecution | default list) $term) }}
{{- $_ := set $affinity "podAffinity" $pods }}
{{- end }}
{{- with $affinity }}{{ toYaml . }}{{ end }}
{{- end }}

{{- /* The rules of a ClusterRole: a dictionary of root and rules, less what rbac.leaveOut names. */}}
{{- define "k8sf.rules" -}}
{{- $root := .root }}
{{- range $rule := .rules }}
{{- if hasKey $rule "nonResourceURLs" }}
- nonResourceURLs:
    {{- toYaml $rule.nonResourceURLs | nindent 4 }}
  verbs: [{{ join ", " $rule.verbs }}]
{{- else }}
{{- $group := first $rule.apiGroups }}
{{- $kept := list }}
{{- range $rule.resources }}
  {{- $called := . }}
  {{- if $group }}{{ $called = printf "%s.%s" . $group }}{{ end }}
  {{- if not (has $called $root.Values.rbac.leaveOut) }}{{ $kept = append $kept . }}{{ end }}
{{- end }}
{{- if $kept }}
- apiGroups: [{{ quote $group }}]
  resources:
    {{- toYaml $kept | nindent 4 }}
  {{- with $rule.resourceNames }}
  resourceNames: [{{ join ", " . }}]
  {{- end }}
  verbs: [{{ join ", " $rule.verbs }}]
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* A step of a Job: a dictionary of root, name and args. */}}
{{- define "k8sf.step" -}}
- name: {{ .name }}
  {{- include "k8sf.image" .root | nindent 2 }}
  args:
    {{- toYaml .args | nindent 4 }}
  env:
    - name: POD_NAME
      valueFrom: {fieldRef: {fieldPath: metadata.name}}
    {{- if and (eq .name "collect") (include "k8sf.readsRecording" .root) }}
    - {name: K8S_FORENSICS_RECORDING, value: /recording}
    {{- end }}
  {{- if and .root.Values.destinationSecret (hasPrefix "upload" .name) }}
  envFrom:
    - secretRef: {name: {{ .root.Values.destinationSecret }}}
  {{- end }}
  resources:
    {{- toYaml .root.Values.run.resources | nindent 4 }}
  securityContext:
    {{- include "k8sf.containerSecurity" . | nindent 4 }}
  volumeMounts:
    - {name: archives, mountPath: /archives}
    - {name: temporary, mountPath: /tmp}
    {{- if and (eq .name "collect") (include "k8sf.readsRecording" .root) }}
    - {name: recording, mountPath: /recording, readOnly: true}
    {{- end }}
{{- end }}

{{- /* The spec of every Job: a dictionary of root and window, the options that say of when to collect. The archive is named
after the pod, so that a second try takes nothing from the first. */}}
{{- define "k8sf.jobSpec" -}}
{{- $root := .root }}
{{- $archive := "/archives/$(POD_NAME).zip" }}
{{- $report := "/archives/$(POD_NAME)-report" }}
{{- $collect := concat (list "collect" (printf "--output=%s" $archive) (printf "--profile=%s" $root.Values.collect.profile) "--allow-missing" "--no-look") .window $root.Values.collect.args }}
{{- $analyze := list "analyze" $archive (printf "--output=%s" $report) -}}
backoffLimit: {{ $root.Values.run.backoffLimit }}
activeDeadlineSeconds: {{ $root.Values.run.activeDeadlineSeconds }}
ttlSecondsAfterFinished: {{ $root.Values.run.ttlSecondsAfterFinished }}
template:
  metadata:
    labels:
      {{- include "k8sf.labels" $root | nindent 6 }}
      app.kubernetes.io/component: collect
  spec:
    restartPolicy: Never
    serviceAccountName: {{ include "k8sf.name" $root }}-collect
    automountServiceAccountToken: true
    enableServiceLinks: false
    terminationGracePeriodSeconds: 60
    securityContext:
      {{- include "k8sf.podSecurity" $root | nindent 6 }}
    {{- with $root.Values.imagePullSecrets }}
    imagePullSecrets:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with $root.Values.run.priorityClassName }}
    priorityClassName: {{ . }}
    {{- end }}
    {{- with $root.Values.run.nodeSelector }}
    nodeSelector:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with $root.Values.run.tolerations }}
    tolerations:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with include "k8sf.jobAffinity" $root }}
    affinity:
      {{- . | nindent 6 }}
    {{- end }}
    initContainers:
      {{- include "k8sf.step" (dict "root" $root "name" "collect" "args" $collect) | nindent 6 }}
      {{- if $root.Values.destination }}
      {{- include "k8sf.step" (dict "root" $root "name" "analyze" "args" $analyze) | nindent 6 }}
      {{- end }}
    containers:
      {{- if $root.Values.destination }}
      {{- $to := printf "--to=%s" $root.Values.destination }}
      {{- include "k8sf.step" (dict "root" $root "name" "upload-archive" "args" (list "upload" $archive $to)) | nindent 6 }}
      {{- include "k8sf.step" (dict "root" $root "name" "upload-report" "args" (list "upload" $report $to)) | nindent 6 }}
      {{- else }}
      {{- include "k8sf.step" (dict "root" $root "name" "analyze" "args" $analyze) | nindent 6 }}
      {{- end }}
    volumes:
      - name: archives
        {{- if $root.Values.storage.volume }}
        {{- toYaml $root.Values.storage.volume | nindent 8 }}
        {{- else }}
        persistentVolumeClaim: {claimName: {{ $root.Values.storage.existingClaim | default (include "k8sf.name" $root) }}}
        {{- end }}
      - name: temporary
        emptyDir: {sizeLimit: {{ $root.Values.run.temporary }}}
      {{- if include "k8sf.readsRecording" $root }}
      {{- include "k8sf.recordingVolume" $root | nindent 6 }}
      {{- end }}
{{- end }}

{{- /* The rules of a NetworkPolicy that let a pod reach the API server. */}}
{{- define "k8sf.toApiServer" -}}
- ports:
    {{- range .Values.networkPolicy.apiServer.ports }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
  {{- with .Values.networkPolicy.apiServer.cidrs }}
  to:
    {{- range . }}
    - ipBlock: {cidr: {{ . }}}
    {{- end }}
  {{- end }}
{{- end }}
