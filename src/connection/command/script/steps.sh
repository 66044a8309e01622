# shellcheck shell=sh
# What a command in the cluster can do. The calls follow, a line for each step: step NUMBER FUNCTION ARGUMENT…
set -u
umask 077
# helm needs folders that it can write to, and the pod's home may not be writable.
export HELM_CACHE_HOME="$PWD/.helm/cache" HELM_CONFIG_HOME="$PWD/.helm/config" HELM_DATA_HOME="$PWD/.helm/data"
# The generator of Curve25519: a private key times this is its public key.
GENERATOR=09$(printf '%062d' 0)

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

# Creates a key pair for one write of a Secret, with the private key in a Secret of its own, and prints the public key.
make_key() {
  rendered --set name="$2" --set target="$3" | kubectl create --validate=false --namespace "$1" --filename - >/dev/null || return
  times_key "$1" "$2" "$GENERATOR"
}

# Opens what was sealed for the key pair, and passes it to kubectl on standard input. Then it deletes the pair, and those
# that interrupted runs left; a concurrent run creates a new one.
write_sealed() {
  namespace=$1; key=$2; target=$3; point=$4; file=$5; shift 5
  opened=$(times_key "$namespace" "$key" "$GENERATOR" "$point" 2>/dev/null |
    jq -Rn --arg runner "$point" '{cluster: input, shared: input, runner: $runner}' 2>/dev/null |
    rendered --values "$file" --values -) && printf '%s' "$opened" | kubectl "$@" --output=name 2>"$n.refusal"
  code=$?
  which=$key
  [ "$code" != 0 ] || which="--selector=headlamp-aks-entra/transport=$target"
  kubectl delete secret "$which" --namespace "$namespace" --ignore-not-found >/dev/null 2>&1
  # A refusal may repeat what was sent, so only its reason is printed.
  [ "$code" = 0 ] || grep -soE '^(Error from server \([A-Za-z]+\)|The ([A-Za-z]+ "[a-z0-9.-]*"|request) is invalid)' "$n.refusal" >&2
  return "$code"
}

times_key() {
  secret=$(kubectl get secret "$2" --namespace "$1" --output=json) || return
  shift 2
  printf '%s' "$secret" | jq -r --arg points "$*" '(.data.key | @base64d) + " " + ($points | split(" ")[])' | awk -f curve.awk
}

rendered() { helm template sealing sealing "$@" | grep -v '^---\|^#\|^$'; }

helm_plain() { helm "$@"; }
# Helm 4 would apply on the server and stop at fields that others manage, such as the annotation a rotation sets.
helm_write() {
  case $(helm version --template '{{.Version}}') in v3.*) ;; *) set -- "$@" --server-side=false ;; esac
  helm "$@"
}
# The products of the private key and the points, a line each, up to a point of small order.
