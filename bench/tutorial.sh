#!/usr/bin/env bash
# Deploys Headlamp to AKS with Entra ID sign-in as the public tutorials do: with az and helm, one step after the other.
# Checks make it idempotent; sleeps let Entra replicate.
#   tutorial.sh            creates what is missing
#   tutorial.sh --rotate   also creates a new client secret
# It runs in a job with `id-token: write`, on a runner with az, helm and kubectl, such as GitHub's. It needs CLIENT_ID,
# TENANT_ID, SUBSCRIPTION_ID, RESOURCE_GROUP, CLUSTER, ADMIN_GROUP_ID and VAULT in its environment.
set -euo pipefail

app_name=${APP_NAME:-headlamp-$CLUSTER}
secret_name=${SECRET_NAME:-headlamp-$CLUSTER-client-secret}
redirect_uri=http://localhost:8000/oidc-callback
aks_server=6dae42f8-4368-4678-94ff-3960e28e3630
graph=00000003-0000-0000-c000-000000000000
# New objects take a while to replicate in Entra.
replication_wait=${REPLICATION_WAIT:-30}
rotate=false
[ "${1:-}" != --rotate ] || rotate=true

step() {
  echo "== $1"
}
in_group=(--resource-group "$RESOURCE_GROUP")
work=$(mktemp -d)
trap 'rm -rf "$work"; az account clear' EXIT
umask 077

# The four az commands here, and `az account clear` at the end, are those of azure/login: src/Cli/AzureCliLogin.ts and
# src/cleanup.ts.
step 'Sign in, as azure/login does'
az version --output none
az cloud set --name AzureCloud --output none
id_token=$(curl --silent --show-error --fail --header "Authorization: Bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" \
  "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=api://AzureADTokenExchange" | jq --raw-output .value)
az login --service-principal --username "$CLIENT_ID" --tenant "$TENANT_ID" --federated-token "$id_token" --output none
az account set --subscription "$SUBSCRIPTION_ID" --output none

step 'The cluster, with managed Entra integration'
if [ "$(az group exists --name "$RESOURCE_GROUP")" != true ]; then
  az group create --name "$RESOURCE_GROUP" --location "${LOCATION:-westeurope}" --output none
fi
if ! az aks show "${in_group[@]}" --name "$CLUSTER" --output none 2>"$work/error"; then
  grep -q ResourceNotFound "$work/error" || { cat "$work/error" >&2 && exit 1; }
  az aks create "${in_group[@]}" --name "$CLUSTER" --enable-aad --aad-admin-group-object-ids "$ADMIN_GROUP_ID" \
    --aad-tenant-id "$TENANT_ID" --generate-ssh-keys --output none
elif [ "$(az aks show "${in_group[@]}" --name "$CLUSTER" --query aadProfile.managed --output tsv)" != true ]; then
  az aks update "${in_group[@]}" --name "$CLUSTER" --enable-aad --aad-admin-group-object-ids "$ADMIN_GROUP_ID" \
    --aad-tenant-id "$TENANT_ID" --output none
fi

step 'The app registration'
app_id=$(az ad app list --display-name "$app_name" --query '[0].appId' --output tsv)
if [ -z "$app_id" ]; then
  app_id=$(az ad app create --display-name "$app_name" --sign-in-audience AzureADMyOrg \
    --web-redirect-uris "$redirect_uri" --query appId --output tsv)
  sleep "$replication_wait"
  az ad sp create --id "$app_id" --output none
  sleep "$replication_wait"
elif [ "$(az ad app show --id "$app_id" --query "contains(web.redirectUris, '$redirect_uri')")" != true ]; then
  az ad app update --id "$app_id" --web-redirect-uris "$redirect_uri"
fi

step 'Its permissions'
declared=$(az ad app permission list --id "$app_id" --query '[].resourceAppId' --output tsv)
if ! grep -q "$aks_server" <<<"$declared"; then
  scope_id=$(az ad sp show --id "$aks_server" --query "oauth2PermissionScopes[?value=='user.read'].id" --output tsv)
  az ad app permission add --id "$app_id" --api "$aks_server" --api-permissions "$scope_id=Scope" --output none
fi
if ! grep -q "$graph" <<<"$declared"; then
  for permission in email openid profile; do
    scope_id=$(az ad sp show --id "$graph" --query "oauth2PermissionScopes[?value=='$permission'].id" --output tsv)
    az ad app permission add --id "$app_id" --api "$graph" --api-permissions "$scope_id=Scope" --output none
  done
fi

step 'Consent'
granted=$(az ad app permission list-grants --id "$app_id" --query '[].scope' --output tsv)
grep -q user.read <<<"$granted" ||
  az ad app permission grant --id "$app_id" --api "$aks_server" --scope user.read --output none
grep -q openid <<<"$granted" ||
  az ad app permission grant --id "$app_id" --api "$graph" --scope 'email openid profile' --output none

step 'The client secret'
soon=$(date --utc --date '+30 days' +%Y-%m-%dT%H:%M:%SZ)
expires=$(az keyvault secret show --vault-name "$VAULT" --name "$secret_name" --query attributes.expires --output tsv \
  2>"$work/error" || grep -q SecretNotFound "$work/error" || { cat "$work/error" >&2 && exit 1; })
old_keys=''
if $rotate || [[ -z $expires || $expires < $soon ]]; then
  old_keys=$(az ad app credential list --id "$app_id" --query '[].keyId' --output tsv)
  until=$(date --utc --date '+90 days' +%Y-%m-%dT%H:%M:%SZ)
  az ad app credential reset --id "$app_id" --append --display-name headlamp --end-date "$until" --query password \
    --output tsv 2>"$work/error" | tr -d '\n' >"$work/secret"
  [ -s "$work/secret" ] || { cat "$work/error" >&2 && exit 1; }
  az keyvault secret set --vault-name "$VAULT" --name "$secret_name" --file "$work/secret" --encoding utf-8 \
    --expires "$until" --output none
  sleep "$replication_wait"
else
  az keyvault secret show --vault-name "$VAULT" --name "$secret_name" --query value --output tsv |
    tr -d '\n' >"$work/secret"
fi

step 'Headlamp'
az aks get-credentials "${in_group[@]}" --name "$CLUSTER" --admin --overwrite-existing --file "$work/kubeconfig" \
  --output none 2>"$work/error" || { cat "$work/error" >&2 && exit 1; }
export KUBECONFIG=$work/kubeconfig
cat >"$work/values.yaml" <<YAML
config:
  oidc:
    clientID: $app_id
    clientSecret: $(cat "$work/secret")
    issuerURL: https://login.microsoftonline.com/$TENANT_ID/v2.0
    scopes: $aks_server/user.read,openid,email,profile
    callbackURL: $redirect_uri
    validatorClientID: $aks_server
    validatorIssuerURL: https://sts.windows.net/$TENANT_ID/
    useAccessToken: true
YAML
helm repo add headlamp https://kubernetes-sigs.github.io/headlamp/ --force-update >"$work/log"
# The tutorials are written for Helm 3, which has no server-side apply.
helm upgrade --install headlamp-oidc headlamp/headlamp --namespace headlamp --create-namespace --version 0.45.0 \
  --server-side=false --values "$work/values.yaml" --wait --timeout 10m >"$work/log"

if [ -n "$old_keys" ]; then
  step 'Remove the old client secret after the pods have restarted'
  kubectl rollout restart deployment/headlamp-oidc --namespace headlamp >"$work/log"
  kubectl rollout status deployment/headlamp-oidc --namespace headlamp --timeout 10m >"$work/log"
  for key in $old_keys; do az ad app credential delete --id "$app_id" --key-id "$key"; done
fi

step 'Check that Headlamp answers and that Entra accepts the client secret'
kubectl get --raw '/api/v1/namespaces/headlamp/services/http:headlamp-oidc:80/proxy/config' >"$work/log"
curl --silent --show-error --fail --output "$work/log" --data grant_type=client_credentials --data "client_id=$app_id" \
  --data "scope=https://graph.microsoft.com/.default" --data-urlencode "client_secret@$work/secret" \
  "https://login.microsoftonline.com/$TENANT_ID/oauth2/v2.0/token"
