# shellcheck shell=sh
# What a command in the cluster can do. The calls follow, a line for each step: step NUMBER FUNCTION ARGUMENT…
set -u
umask 077
# helm needs folders that it can write to, and the pod's home may not be writable.
export HELM_CACHE_HOME="$PWD/.helm/cache" HELM_CONFIG_HOME="$PWD/.helm/config" HELM_DATA_HOME="$PWD/.helm/data"
# The generator of Curve25519: a private key times this is its public key.
GENERATOR=09$(printf '%062d' 0)

# Words of the API server's own in a refusal, without those of a policy.
REFUSED_BY="because it is being terminated|exceeded quota: [a-z0-9.-]+|failed calling webhook \"[a-z0-9.-]+\"|admission webhook \"[a-z0-9.-]+\" denied the request|ValidatingAdmissionPolicy '[a-z0-9.-]+' with binding '[a-z0-9.-]+'|cannot [a-z]+ resource \"[a-z]+\""

# By itself, kubectl waits for an answer without limit; it waits as long as the action does for its own requests.
kubectl() { command kubectl --request-timeout=30s "$@"; }

# Runs one step, and prints its outcome as a line of JSON.
step() {
  n=$1; shift
  "$@" >"$n.out" 2>"$n.err" </dev/null
  code=$?
  jq -cn --argjson step "$n" --argjson code "$code" --rawfile out "$n.out" --rawfile err "$n.err" '{step: $step, code: $code, out: $out, err: $err}'
}

# The fields that the action needs: others can read what is printed. Annotations may repeat a whole Secret
# (kubectl.kubernetes.io/last-applied-configuration), so only known ones are among them.
FIELDS='
  def only($names): with_entries(select(.key as $key | $names | index($key)));
  def metadata: .metadata // {}
    | only(["name", "namespace", "labels", "annotations", "ownerReferences", "generation", "resourceVersion",
        "deletionTimestamp", "finalizers"])
    | .annotations |= (. // {} | with_entries(select(.key as $key
      | any("headlamp-aks-entra/", "meta.helm.sh/", "helm.sh/resource-policy", "deployment.kubernetes.io/revision";
        . as $known | $key | startswith($known)))));
  def is_record($release): $release != null and (.type // "" | startswith("helm.sh/release."))
    and .metadata.labels.owner == "helm" and .metadata.labels.name == $release;
  def fields($kind; $release): {kind: $kind, metadata: metadata} + (
    if $kind == "Deployment" then {
      spec: (.spec // {} | only(["replicas", "selector", "template"])),
      status: (.status // {} | only(["observedGeneration", "replicas", "updatedReplicas", "availableReplicas", "conditions"]))
    }
    elif $kind == "Namespace" then {spec: (.spec // {} | only(["finalizers"])), status: (.status // {} | only(["phase", "conditions"]))}
    elif $kind == "ReplicaSet" then {status: (.status // {} | only(["conditions"]))}
    elif $kind == "Pod" then {status: (.status // {} | only(["conditions", "initContainerStatuses", "containerStatuses"]))}
    elif $kind == "ClusterRoleBinding" or $kind == "RoleBinding" then only(["roleRef", "subjects"])
    elif $kind == "Secret" and is_record($release) then {data: (.data // {} | only(["release"]))}
    else {} end);'

# Of a list without a selector, it prints only metadata; of Helm's records, only those of the release in the selector.
get() {
  body=$(kubectl get --raw "$1") || return
  printf '%s' "$body" | jq -c --arg path "$1" "$FIELDS"'
    ($path | split("?labelSelector=")[1]) as $selector
    | ($selector // "" | split("owner%3Dhelm%2Cname%3D")[1]) as $release
    | if .kind == "APIGroupList" then only(["groups"])
      elif .kind == "APIResourceList" then only(["resources"])
      elif has("items") then (if $selector then .kind | rtrimstr("List") else null end) as $kind
        | {items: [.items[]? | fields($kind; $release)]}
      else fields(.kind; null) end'
}

# A Secret's metadata and keys, with a salted digest of each value that the action may have written.
get_secret() {
  body=$(kubectl get --raw "$1") || return
  digests=$(printf '%s' "$body" | jq --arg salt "$2" '{salt: $salt, data: (.data // {} | with_entries(select(.key | startswith("OIDC_"))))}' | rendered --values -) || return
  printf '%s' "$body" | jq -c --argjson digests "$digests" "$FIELDS"'{metadata: metadata, digests: ((.data // {} | map_values(null)) + $digests)}'
}

# The response itself; stderr has the requests, with redirects.
get_raw() { kubectl get --raw "$1" -v=6; }

review() {
  body=$(kubectl create --validate=false --output=json --filename "$1") || return
  printf '%s' "$body" | jq -c '{status: {allowed: .status.allowed}}'
}
create() { kubectl create --validate=false --output=name --filename "$1"; }
# The arguments say how: create, or apply.
rehearse() { kubectl "$@" --dry-run=server --validate=false --output=name; }
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
  # A refusal may repeat what was sent, so only its reason is printed, and by whom it was refused.
  [ "$code" = 0 ] || grep -soE "^(Error from server( \([A-Za-z]+\))?|The ([A-Za-z]+ \"[a-z0-9.-]*\"|request) is invalid)|$REFUSED_BY" "$n.refusal" >&2
  return "$code"
}

# The products of the private key and the points, a line each, up to a point of small order.
times_key() {
  secret=$(kubectl get secret "$2" --namespace "$1" --output=json) || return
  shift 2
  printf '%s' "$secret" | jq -r --arg points "$*" '(.data.key | @base64d) + " " + ($points | split(" ")[])' | awk -f curve.awk
}

rendered() { helm template sealing sealing "$@" | grep -v '^---\|^#\|^$'; }

# Of helm only errors are printed.
helm_plain() { helm "$@" >/dev/null; }
# Helm 4 would apply on the server and stop at fields that others manage, such as the annotation a rotation sets.
helm_write() {
  case $(helm version --template '{{.Version}}') in v3.*) ;; *) set -- "$@" --server-side=false ;; esac
  helm "$@" >/dev/null
}
