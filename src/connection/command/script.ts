import { CURVE_AWK } from './curve.ts';
import { SEALED } from './sealing.ts';
import type { Files } from './zip.ts';

/** A function of the script below, with its arguments. */
export type Step = readonly [
  (
    | 'get'
    | 'get_secret'
    | 'get_raw'
    | 'create'
    | 'patch'
    | 'review'
    | 'delete'
    | 'make_key'
    | 'write_sealed'
    | 'helm_plain'
    | 'helm_write'
  ),
  ...string[],
];

/**
 * The functions of a command. They use kubectl, helm, jq, grep and awk, which AKS provides there, and no other program:
 * https://learn.microsoft.com/azure/aks/access-private-cluster
 * Values of Secrets are not printed, except the newest Helm records, which hold no secret; of others, only digests.
 */
const FUNCTIONS = String.raw`set -u
umask 077

# Runs one step, and prints its outcome as a line of JSON.
step() {
  n=$1; shift
  "$@" >"$n.out" 2>"$n.err" </dev/null
  code=$?
  jq -cn --argjson step "$n" --argjson code "$code" --rawfile out "$n.out" --rawfile err "$n.err" '{step: $step, code: $code, out: $out, err: $err}'
}

get() {
  body=$(kubectl get --raw "$1") || return
  printf '%s' "$body" | jq -c '
    def revision: .metadata.labels.version // "" | tonumber? // 0;
    def is_newest($newest): (.type // "" | startswith("helm.sh/")) and revision == $newest;
    del(.metadata.managedFields, .items[]?.metadata.managedFields)
    | if .kind == "Secret" then del(.data)
      elif .kind == "SecretList" then (.items | map(revision) | max) as $newest
        | .items |= map(if is_newest($newest) then . else del(.data) end)
      else . end'
}

# A Secret's metadata, and of each value the digest with the salt before it.
get_secret() {
  body=$(kubectl get --raw "$1") || return
  digests=$(printf '%s' "$body" | jq --arg salt "$2" '{salt: $salt, data: (.data // {})}' | rendered --values -) || return
  printf '%s' "$body" | jq -c --argjson digests "$digests" '{metadata: .metadata | del(.managedFields), digests: $digests}'
}

# The answer as it is; on stderr what was asked for, redirects among it.
get_raw() { kubectl get --raw "$1" -v=6; }

review() { kubectl create --validate=false --output=json --filename "$1"; }
create() { kubectl create --validate=false --output=name --filename "$1"; }
patch() { file=$1; shift; kubectl patch "$@" --type=merge --output=name --patch-file="$file"; }
delete() { kubectl delete --raw "$1" >/dev/null; }

# A key pair for one write of a Secret, whose private half stays in another Secret for as long as it takes; prints the
# public half.
make_key() {
  rendered --set name="$2" --set target="$3" | kubectl create --validate=false --namespace "$1" --filename - >/dev/null || return
  times_key "$1" "$2" 09$(printf '%062d' 0)
}

# Opens what was sealed for the key pair, and hands it to kubectl on standard input. The pair has done its duty then, and
# so have those that killed runs left; a run at the same moment makes a new one.
write_sealed() {
  namespace=$1; key=$2; target=$3; point=$4; file=$5; shift 5
  shared=$(times_key "$namespace" "$key" "$point" 2>/dev/null)
  printf '{"shared": "%s"}' "$shared" | rendered --values "$file" --values - | kubectl "$@" --output=name 2>"$n.refusal"
  code=$?
  which=$key
  [ "$code" != 0 ] || which="--selector=headlamp-aks-entra/transport=$target"
  kubectl delete secret "$which" --namespace "$namespace" --ignore-not-found >/dev/null 2>&1
  # A refusal may repeat what it was given, so only its reason is told.
  [ "$code" = 0 ] || grep -oE '^(Error from server \([A-Za-z]+\)|The ([A-Za-z]+ "[a-z0-9.-]*"|request) is invalid)' "$n.refusal" >&2
  return "$code"
}

times_key() {
  kubectl get secret "$2" --namespace "$1" --output=json | jq -r --arg point "$3" '(.data.key | @base64d) + " " + $point' | awk -f curve.awk
}

rendered() { helm template sealing sealing "$@" | grep -v '^---\|^#'; }

helm_plain() { helm "$@"; }
# Helm 4 would apply on the server and stop at fields that others manage, such as the annotation a rotation sets.
helm_write() {
  case $(helm version --template '{{.Version}}') in v3.*) ;; *) set -- "$@" --server-side=false ;; esac
  helm "$@"
}
`;

/** A chart that is never installed: its templates give access to helm's cryptography, one template per purpose. */
const SEALING: Files = {
  'sealing/Chart.yaml': 'apiVersion: v2\nname: sealing\nversion: 1.0.0\n',
  'sealing/templates/key.yaml': `{{- if .Values.name }}
apiVersion: v1
kind: Secret
metadata: {name: {{ .Values.name }}, labels: {app.kubernetes.io/managed-by: headlamp-aks-entra, headlamp-aks-entra/transport: {{ .Values.target }}}}
data: {key: {{ randBytes 32 | sha256sum | b64enc }}}
{{- end }}
`,
  'sealing/templates/digests.yaml': `{{- if .Values.salt }}
{{- $digests := dict }}
{{- range $name, $value := .Values.data }}{{ $_ := set $digests $name (printf "%s %s" $.Values.salt ($value | b64dec) | sha256sum) }}{{ end }}
{{ $digests | toJson }}
{{- end }}
`,
  'sealing/templates/opened.yaml': `{{- if .Values.shared }}
{{- $key := .Values.shared | sha256sum | trunc 32 }}
{{- $data := dict }}
{{- range $name, $sealed := .Values.sealed }}
{{- $plain := decryptAES $key $sealed }}
{{- if not (hasPrefix "${SEALED}" $plain) }}{{ fail "sealed for another key pair" }}{{ end }}
{{- $_ := set $data $name (trimPrefix "${SEALED}" $plain | b64enc) }}
{{- end }}
{{ set .Values.object "data" $data | toJson }}
{{- end }}
`,
};

/** The files of a command that runs the steps one after the other. */
export function scriptOf(steps: readonly Step[]): Files {
  const calls = steps.map((step, index) => ['step', String(index), ...step].map(quote).join(' '));
  return { 'steps.sh': `${FUNCTIONS}\n${calls.join('\n')}\n`, 'curve.awk': CURVE_AWK, ...SEALING };
}

/** Quotes one word for the shell. */
export function quote(word: string): string {
  return /^[\w./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
