{{- define "headlamp.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains (default .Chart.Name .Values.nameOverride) .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (default .Chart.Name .Values.nameOverride) | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "headlamp.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "headlamp.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "headlamp.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "headlamp.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "headlamp.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* Settings of sign-in that are among the values, and go into the chart's own Secret: key and flag of each. */}}
{{- define "headlamp.inlineOidc" -}}
{{- $oidc := .Values.config.oidc }}
{{- if and $oidc.secret.create (not $oidc.externalSecret.enabled) }}
{{- $flags := dict "clientID" "client-id" "clientSecret" "client-secret" "issuerURL" "idp-issuer-url" "scopes" "scopes" "callbackURL" "callback-url" "validatorClientID" "validator-client-id" "validatorIssuerURL" "validator-idp-issuer-url" "useAccessToken" "use-access-token" }}
{{- range $key, $flag := $flags }}
{{- if get $oidc $key }}
{{ $key }}: {{ $flag }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
