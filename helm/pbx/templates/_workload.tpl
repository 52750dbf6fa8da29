{{/*
Everything one service is made of, from its entry in the values: ConfigMap, Service, Deployment, PodDisruptionBudget
and, when asked for, HorizontalPodAutoscaler and PodMonitor.
*/}}
{{- define "pbx.labels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/part-of: clusterpbx
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end -}}

{{- define "pbx.image" -}}
{{- $image := .root.Values.image -}}
{{- with $image.registry }}{{ trimSuffix "/" . }}/{{ end }}clusterpbx/{{ .name }}:{{ default .root.Chart.AppVersion $image.tag }}
{{- end -}}

{{/* Names of the Secrets that a service's variables come from. */}}
{{- define "pbx.secrets" -}}
{{- $secrets := .root.Values.secrets -}}
{{- $names := list $secrets.callers -}}
{{- if has .name (list "registrar" "proxy") }}{{ $names = append $names $secrets.sip }}{{ end -}}
{{- with index $secrets .name }}{{ $names = append $names . }}{{ end -}}
{{- join "," $names -}}
{{- end -}}

{{/* Changes when one of them does, as far as helm may read it. */}}
{{- define "pbx.secretsChecksum" -}}
{{- $root := .root -}}
{{- $seen := list $root.Values.keysRevision -}}
{{- range splitList "," (include "pbx.secrets" .) -}}
{{- $secret := lookup "v1" "Secret" $root.Release.Namespace . -}}
{{- if $secret }}{{ $seen = append $seen $secret.metadata.resourceVersion }}{{ end -}}
{{- end -}}
{{- toJson $seen | sha256sum -}}
{{- end -}}

{{- define "pbx.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "pbx.workload" -}}
{{- $fullname := printf "%s-%s" .root.Release.Name .name -}}
{{- $config := include "pbx.config" . -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $fullname }}
  labels: {{- include "pbx.labels" . | nindent 4 }}
data:
  config.json: |
    {{- $config | nindent 4 }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $fullname }}
  labels: {{- include "pbx.labels" . | nindent 4 }}
spec:
  clusterIP: None
  selector: {{- include "pbx.labels" . | nindent 4 }}
  ports:
    {{- range $port, $number := .service.ports }}
    - {name: {{ $port }}, port: {{ $number }}, targetPort: {{ $port }}, protocol: {{ ternary "UDP" "TCP" (hasSuffix "-udp" $port) }}}
    {{- end }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $fullname }}
  labels: {{- include "pbx.labels" . | nindent 4 }}
spec:
  {{- if not (and .service.autoscale .service.autoscale.enabled) }}
  replicas: {{ .service.replicas }}
  {{- end }}
  selector:
    matchLabels: {{- include "pbx.labels" . | nindent 6 }}
  strategy:
    rollingUpdate: {maxUnavailable: 1, maxSurge: {{ ternary 0 1 (default false .service.hostNetwork) }}}
  template:
    metadata:
      labels: {{- include "pbx.labels" . | nindent 8 }}
      annotations:
        checksum/config: {{ sha256sum $config }}
        checksum/secrets: {{ include "pbx.secretsChecksum" . }}
        {{- with .root.Values.podAnnotations }}{{ toYaml . | nindent 8 }}{{ end }}
    spec:
      automountServiceAccountToken: false
      {{- if .service.hostNetwork }}
      hostNetwork: true
      dnsPolicy: ClusterFirstWithHostNet
      {{- end }}
      terminationGracePeriodSeconds: 20
      securityContext: {runAsUser: 10001, runAsGroup: 10001, fsGroup: 10001, seccompProfile: {type: RuntimeDefault}}
      {{- with .root.Values.imagePullSecrets }}
      imagePullSecrets: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .root.Values.nodeSelector }}
      nodeSelector: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .root.Values.tolerations }}
      tolerations: {{- toYaml . | nindent 8 }}
      {{- end }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: {{- include "pbx.labels" . | nindent 14 }}
      containers:
        - name: {{ .name | replace "_" "-" }}
          image: {{ include "pbx.image" . }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          args: [--config, /etc/pbx/config.json]
          env:
            - {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
            - {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
          envFrom:
            {{- range splitList "," (include "pbx.secrets" .) }}
            - secretRef: {name: {{ . }}}
            {{- end }}
          ports:
            - {name: metrics, containerPort: 9100}
            {{- range $port, $number := .service.ports }}
            - {name: {{ $port }}, containerPort: {{ $number }}, protocol: {{ ternary "UDP" "TCP" (hasSuffix "-udp" $port) }}}
            {{- end }}
          readinessProbe: {httpGet: {path: /readyz, port: metrics}, periodSeconds: 2}
          livenessProbe: {httpGet: {path: /healthz, port: metrics}, periodSeconds: 5, failureThreshold: 6}
          resources: {{- toYaml .service.resources | nindent 12 }}
          securityContext: {{- include "pbx.containerSecurity" . | nindent 12 }}
          volumeMounts:
            - {name: config, mountPath: /etc/pbx, readOnly: true}
            {{- if .service.spool }}
            - {name: spool, mountPath: /var/spool/pbx}
            {{- end }}
      volumes:
        - {name: config, configMap: {name: {{ $fullname }}}}
        {{- with .service.spool }}
        - {name: spool, emptyDir: {sizeLimit: {{ . }}}}
        {{- end }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ $fullname }}
  labels: {{- include "pbx.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {{- include "pbx.labels" . | nindent 6 }}
{{- if and .service.autoscale .service.autoscale.enabled }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ $fullname }}
  labels: {{- include "pbx.labels" . | nindent 4 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ $fullname }}}
  minReplicas: {{ .service.replicas }}
  maxReplicas: {{ .service.autoscale.max }}
  metrics:
    - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: {{ .service.autoscale.cpu }}}}}
{{- end }}
{{- if .root.Values.monitor.enabled }}
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  name: {{ $fullname }}
  labels: {{- include "pbx.labels" . | nindent 4 }}
spec:
  selector:
    matchLabels: {{- include "pbx.labels" . | nindent 6 }}
  podMetricsEndpoints:
    - {port: metrics, interval: {{ .root.Values.monitor.interval }}}
{{- end }}
{{- end -}}
