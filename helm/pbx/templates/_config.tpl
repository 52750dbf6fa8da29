{{/*
The JSON configuration of a service: what all have, what its kind has, then .config from the values on top.
${NAME} is replaced by the service itself from its environment.
*/}}
{{- define "pbx.config" -}}
{{- $root := .root -}}
{{- $config := dict "process" (dict "node" "${POD_NAME}" "admin_listen" "${POD_IP}:9100") -}}
{{- $_ := set $config "grpc" (dict "listen" (printf "${POD_IP}:%d" (int .service.ports.grpc))) -}}
{{- $_ := set $config "kafka" (dict "brokers" $root.Values.kafka.brokers) -}}
{{- if has .name (list "registrar" "proxy") -}}
{{- $_ := set $config "redis" (dict "uri" $root.Values.redis.uri) -}}
{{- $_ := set $config "spool_dir" "/var/spool/pbx" -}}
{{- else -}}
{{- $pg := $root.Values.postgres -}}
{{- $_ := set $config "postgres" (dict "host" $pg.host "port" (int $pg.port) "database" $pg.database "user" (printf "pbx_%s" .name)) -}}
{{- end -}}
{{- if eq .name "registrar" -}}
{{- $_ := set $config "stream" (dict "listen" (printf "${POD_IP}:%d" (int .service.ports.stream))) -}}
{{- end -}}
{{- if eq .name "proxy" -}}
{{- $registrar := printf "%s-registrar:%d" $root.Release.Name (int $root.Values.services.registrar.ports.stream) -}}
{{- $_ := set $config "registrar" (dict "targets" (list $registrar)) -}}
{{- $udp := dict "transport" "udp" "listen" (printf "${POD_IP}:%d" (int (index .service.ports "sip-udp"))) -}}
{{- $tcp := dict "transport" "tcp" "listen" (printf "${POD_IP}:%d" (int (index .service.ports "sip-tcp"))) -}}
{{- $_ := set $config "listeners" (list $udp $tcp) -}}
{{- end -}}
{{- mergeOverwrite $config (deepCopy (default dict .service.config)) | toPrettyJson -}}
{{- end -}}
