{{/* The trainer's container, for the service's pod or a pod of its own. */}}
{{- define "millrace.trainerContainer" -}}
- name: trainer
  {{- include "millrace.image" (dict "root" . "name" .Values.trainer.image) | nindent 2 }}
  {{- include "millrace.containerSecurity" . | nindent 2 }}
  ports:
    - name: trainer
      containerPort: {{ .Values.trainer.port }}
  env:
    - name: MILLRACE_TRAINER_ADDRESS
      value: 0.0.0.0
    - name: MILLRACE_TRAINER_PORT
      value: {{ .Values.trainer.port | quote }}
    - name: MILLRACE_HOME
      value: /var/lib/millrace
    {{- include "millrace.tokenEnv" (dict "root" . "name" "MILLRACE_TRAINER_TOKEN" "key" "trainer-token") | nindent 4 }}
    {{- include "millrace.storeEnv" . | nindent 4 }}
    {{- with .Values.trainer.javaOptions }}
    - name: JDK_JAVA_OPTIONS
      value: {{ . | quote }}
    {{- end }}
    {{- with .Values.trainer.extraEnv }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  # No readiness probe: in the service's pod a busy trainer must not take the service out of the balancer.
  {{- include "millrace.probes" (dict "path" "/health" "port" "trainer" "threshold" .Values.trainer.startupFailureThreshold) | nindent 2 }}
  resources:
    {{- toYaml .Values.trainer.resources | nindent 4 }}
  volumeMounts:
    - name: trainer-home
      mountPath: /var/lib/millrace
    - name: trainer-tmp
      mountPath: /tmp
{{- end }}

{{- define "millrace.trainerVolumes" -}}
- name: trainer-home
  emptyDir:
    sizeLimit: {{ .Values.trainer.homeSizeLimit }}
- name: trainer-tmp
  emptyDir:
    sizeLimit: {{ .Values.trainer.temporarySizeLimit }}
{{- end }}
