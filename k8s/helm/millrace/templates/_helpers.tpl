{{- define "millrace.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "millrace.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains (include "millrace.name" .) .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "millrace.name" .) | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* Labels that select pods: a dict of root and component. */}}
{{- define "millrace.selector" -}}
app.kubernetes.io/name: {{ include "millrace.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "millrace.labels" -}}
{{ include "millrace.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: millrace
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "millrace.image" -}}
image: {{ printf "%s%s:%s" .root.Values.image.prefix .name (default .root.Chart.AppVersion .root.Values.image.tag) | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
{{- end }}

{{- define "millrace.secret" -}}
{{- default (include "millrace.fullname" .) .Values.auth.existingSecret }}
{{- end }}

{{- define "millrace.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "millrace.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* What every pod has. */}}
{{- define "millrace.pod" -}}
serviceAccountName: {{ include "millrace.serviceAccount" . }}
automountServiceAccountToken: false
# Service links would set MILLRACE_STORE_PORT=tcp://... in a release called millrace, and we read that variable.
enableServiceLinks: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65534
  runAsGroup: 65534
  fsGroup: 65534
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{- define "millrace.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

{{/* One environment variable from the Secret: a dict of root, name and key. */}}
{{- define "millrace.tokenEnv" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ include "millrace.secret" .root }}
      key: {{ .key }}
{{- end }}

{{- define "millrace.storeUrl" -}}
{{- if .Values.store.enabled }}
{{- printf "http://%s-store:%v" (include "millrace.fullname" .) .Values.store.port }}
{{- else }}
{{- .Values.store.externalUrl }}
{{- end }}
{{- end }}

{{/* Where the store is and how to be let in. */}}
{{- define "millrace.storeEnv" -}}
- name: MILLRACE_STORE_URL
  value: {{ include "millrace.storeUrl" . | quote }}
{{ include "millrace.tokenEnv" (dict "root" . "name" "MILLRACE_STORE_TOKEN" "key" "store-token") }}
{{- end }}

{{/* Start-up and liveness: a dict of path, port and threshold. */}}
{{- define "millrace.probes" -}}
startupProbe:
  httpGet:
    path: {{ .path }}
    port: {{ .port }}
  periodSeconds: 2
  failureThreshold: {{ .threshold }}
livenessProbe:
  httpGet:
    path: {{ .path }}
    port: {{ .port }}
  periodSeconds: 10
  timeoutSeconds: 3
  failureThreshold: 6
{{- end }}

{{/* Switches that exclude each other. */}}
{{- define "millrace.check" -}}
{{- if .Values.service.models.existingClaim }}
{{- if or .Values.store.enabled .Values.trainer.enabled }}
{{- fail "service.models.existingClaim serves a directory without a store: set store.enabled=false and trainer.enabled=false." }}
{{- end }}
{{- else if not (or .Values.store.enabled .Values.store.externalUrl) }}
{{- fail "store.enabled is false: give store.externalUrl (an MLflow server) or service.models.existingClaim." }}
{{- end }}
{{- if and .Values.trainer.enabled (eq .Values.trainer.placement "sidecar") (gt (int .Values.service.replicas) 1) }}
{{- fail (printf "service.replicas is %v and trainer.placement is 'sidecar': that would run one trainer per replica. Set trainer.placement=deployment." .Values.service.replicas) }}
{{- end }}
{{- if le (int .Values.service.drain.gracePeriodSeconds) (int .Values.service.drain.preStopSeconds) }}
{{- fail (printf "service.drain.gracePeriodSeconds is %v; it must be more than preStopSeconds (%v), or nothing is left for requests in flight." .Values.service.drain.gracePeriodSeconds .Values.service.drain.preStopSeconds) }}
{{- end }}
{{- end }}
