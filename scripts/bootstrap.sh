#!/usr/bin/env bash
# Creates the deploying identity, lets the workflow sign in as it, and grants it only what the action needs. Run it again
# at any time: it leaves what already exists unchanged.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: bootstrap.sh --repository OWNER/NAME --resource-group GROUP --cluster NAME --key-vault NAME [options]

First sign in (az login) as somebody who may assign roles on the cluster and the vault, and who may consent to Microsoft
Graph permissions (Privileged Role Administrator).

Which jobs may sign in (each option can be repeated; default: --branch main)
  --branch NAME        runs on a branch
  --tag NAME           runs on a tag
  --environment NAME   jobs with this `environment:`, on any branch
  --workflow PATH@REF  jobs of a reusable workflow, as OWNER/NAME/.github/workflows/FILE@refs/heads/main

Options
  --subscription ID    default: az's current subscription
  --identity KIND      managed-identity (default) or app-registration
  --name NAME          name of the identity, default headlamp-deployer
  --dry-run            show all commands, change nothing
TEXT
}

fail() {
  echo "bootstrap.sh: $1" >&2
  exit 1
}

repository='' resource_group='' cluster='' vault='' subscription=''
identity=managed-identity name=headlamp-deployer dry_run=false
subjects=() credential_names=() job_environment='' reusable_workflow=''

# The subject that GitHub gives the job, and a name for its credential that Azure accepts: letters, digits, - and _. The
# checksum keeps the names of different repositories apart.
trust() {
  local kind=$1 value=$2 subject=$3
  subjects+=("$subject")
  credential_names+=("$(printf '%s-%s' "$kind" "$value" | tr -c 'A-Za-z0-9_-' '-' | cut -c1-100)-$(printf '%s' "$subject" | cksum | cut -d ' ' -f 1)")
}

pending=()
while [ $# -gt 0 ]; do
  case $1 in
    --dry-run) dry_run=true && shift && continue ;;
    --help | -h) usage && exit 0 ;;
  esac
  [ $# -ge 2 ] || fail "$1 needs a value; see --help"
  case $1 in
    --repository) repository=$2 ;;
    --resource-group) resource_group=$2 ;;
    --cluster) cluster=$2 ;;
    --key-vault) vault=$2 ;;
    --subscription) subscription=$2 ;;
    --identity) identity=$2 ;;
    --name) name=$2 ;;
    --branch | --tag | --environment | --workflow) pending+=("${1#--}" "$2") ;;
    *) fail "unknown option $1; see --help" ;;
  esac
  shift 2
done
[[ $repository == */* ]] || fail '--repository OWNER/NAME is missing'
[ -n "$resource_group" ] || fail '--resource-group is missing'
[ -n "$cluster" ] || fail '--cluster is missing'
[ -n "$vault" ] || fail '--key-vault is missing'
[[ $identity == managed-identity || $identity == app-registration ]] ||
  fail '--identity must be managed-identity or app-registration'
[ ${#pending[@]} -gt 0 ] || pending=(branch main)

for ((i = 0; i < ${#pending[@]}; i += 2)); do
  value=${pending[i + 1]}
  case ${pending[i]} in
    branch) trust branch "$value" "repo:$repository:ref:refs/heads/$value" ;;
    tag) trust tag "$value" "repo:$repository:ref:refs/tags/$value" ;;
    environment) trust environment "$value" "repo:$repository:environment:$value" && job_environment=$value ;;
    workflow) trust workflow "${value##*/}" "repo:$repository:job_workflow_ref:$value" && reusable_workflow=$value ;;
  esac
done

# Reads always run. A dry run shows writes but does not run them.
show() {
  printf '+ %s\n' "$(printf '%q ' "$@")" >&2
}
read_az() {
  show az "$@"
  az "$@" --output tsv
}
change_az() {
  show az "$@"
  $dry_run || az "$@" --output none
}

[ -n "$subscription" ] || subscription=$(read_az account show --query id)
here=(--subscription "$subscription")
tenant=$(read_az account show "${here[@]}" --query tenantId)

echo "== The cluster and the vault" >&2
cluster_id=$(read_az aks show "${here[@]}" --resource-group "$resource_group" --name "$cluster" --query id)
location=$(read_az aks show "${here[@]}" --resource-group "$resource_group" --name "$cluster" --query location)
vault_id=$(read_az keyvault list "${here[@]}" --resource-group "$resource_group" --query "[?name=='$vault'].id | [0]")
if [ -z "$vault_id" ]; then
  change_az keyvault create "${here[@]}" --resource-group "$resource_group" --name "$vault" --location "$location" \
    --enable-rbac-authorization true --enable-purge-protection true
  vault_id=/subscriptions/$subscription/resourceGroups/$resource_group/providers/Microsoft.KeyVault/vaults/$vault
else
  by_roles=$(read_az keyvault show "${here[@]}" --name "$vault" --query properties.enableRbacAuthorization)
  [ "$by_roles" = true ] ||
    fail "vault $vault uses access policies; turn on Azure RBAC: az keyvault update --name $vault --enable-rbac-authorization true"
fi

echo "== The identity" >&2
find_client() {
  if [ "$identity" = managed-identity ]; then
    read_az identity list "${here[@]}" --resource-group "$resource_group" --query "[?name=='$name'].clientId | [0]"
  else
    read_az ad app list --filter "displayName eq '$name'" --query '[0].appId'
  fi
}
find_principal() {
  read_az ad sp list --filter "appId eq '$client_id'" --query '[0].id'
}
client_id=$(find_client)
if [ -z "$client_id" ]; then
  if [ "$identity" = managed-identity ]; then
    change_az identity create "${here[@]}" --resource-group "$resource_group" --name "$name" --location "$location"
  else
    change_az ad app create --display-name "$name" --sign-in-audience AzureADMyOrg
  fi
  $dry_run || client_id=$(find_client)
fi
# A dry run has no ids of what it did not create, so it shows placeholders.
client_id=${client_id:-CLIENT_ID}
principal_id=''
[ "$client_id" = CLIENT_ID ] || principal_id=$(find_principal)
# Azure creates the service principal of a managed identity.
if [ -z "$principal_id" ] && [ "$identity" = app-registration ]; then change_az ad sp create --id "$client_id"; fi
# A new service principal takes a while to appear in Entra.
for ((try = 0; try < 30; try += 1)); do
  if [ -n "$principal_id" ] || $dry_run; then break; fi
  [ "$try" = 0 ] || sleep 2
  principal_id=$(find_principal)
done
principal_id=${principal_id:-PRINCIPAL_ID}
$dry_run || [ "$principal_id" != PRINCIPAL_ID ] || fail "Entra does not show the service principal of $name yet; run this again"

echo "== Federated credentials" >&2
known_subjects=''
if [ "$client_id" != CLIENT_ID ]; then
  if [ "$identity" = managed-identity ]; then
    known_subjects=$(read_az identity federated-credential list "${here[@]}" --resource-group "$resource_group" \
      --identity-name "$name" --query '[].subject')
  else
    known_subjects=$(read_az ad app federated-credential list --id "$client_id" --query '[].subject')
  fi
fi
issuer=https://token.actions.githubusercontent.com
cloud=$(read_az cloud show --query name)
case $cloud in
  AzureUSGovernment) audience=api://AzureADTokenExchangeUSGov ;;
  AzureChinaCloud) audience=api://AzureADTokenExchangeChina ;;
  *) audience=api://AzureADTokenExchange ;;
esac
for i in "${!subjects[@]}"; do
  subject=${subjects[i]} credential=${credential_names[i]}
  if grep -Fxq "$subject" <<<"$known_subjects"; then continue; fi
  if [ "$identity" = managed-identity ]; then
    change_az identity federated-credential create "${here[@]}" --resource-group "$resource_group" \
      --identity-name "$name" --name "$credential" --issuer "$issuer" --subject "$subject" --audiences "$audience"
  else
    change_az ad app federated-credential create --id "$client_id" --parameters \
      "{\"name\":\"$credential\",\"issuer\":\"$issuer\",\"subject\":\"$subject\",\"audiences\":[\"$audience\"]}"
  fi
done

echo "== Azure roles" >&2
grant_role() {
  local role=$1 scope=$2 held=0
  [ "$principal_id" = PRINCIPAL_ID ] || held=$(read_az role assignment list "${here[@]}" --scope "$scope" \
    --role "$role" --fill-principal-name false --query "length([?principalId=='$principal_id'])")
  [ "$held" = 0 ] || return 0
  change_az role assignment create "${here[@]}" --assignee-object-id "$principal_id" \
    --assignee-principal-type ServicePrincipal --role "$role" --scope "$scope"
}
grant_role 'Azure Kubernetes Service Contributor Role' "$cluster_id"
grant_role 'Azure Kubernetes Service Cluster User Role' "$cluster_id"
grant_role 'Azure Kubernetes Service Cluster Admin Role' "$cluster_id"
grant_role 'Key Vault Secrets Officer' "$vault_id"
# On a private cluster the action uses AKS run-command; Reader lets it read the results.
is_private=$(read_az aks show "${here[@]}" --resource-group "$resource_group" --name "$cluster" \
  --query apiServerAccessProfile.enablePrivateCluster)
[ "$is_private" != true ] || grant_role Reader "$cluster_id"

echo "== Microsoft Graph permissions" >&2
graph=$(read_az cloud show --query endpoints.microsoftGraphResourceId)
graph=${graph%/}/v1.0
graph_id=$(read_az ad sp list --filter "appId eq '00000003-0000-0000-c000-000000000000'" --query '[0].id')
held_roles=''
[ "$principal_id" = PRINCIPAL_ID ] || held_roles=$(read_az rest --method get \
  --url "$graph/servicePrincipals/$principal_id/appRoleAssignments" --query "value[?resourceId=='$graph_id'].appRoleId")
# Application.ReadWrite.OwnedBy and DelegatedPermissionGrant.ReadWrite.All
for role_id in 18a4783c-866b-4cc7-a460-3d5e5662c884 8e8e4742-1d95-4f68-9d56-6ee75648c72a; do
  if grep -Fxq "$role_id" <<<"$held_roles"; then continue; fi
  change_az rest --method post --url "$graph/servicePrincipals/$principal_id/appRoleAssignments" --body \
    "{\"principalId\":\"$principal_id\",\"resourceId\":\"$graph_id\",\"appRoleId\":\"$role_id\"}"
done

if [ -n "$reusable_workflow" ]; then
  cat >&2 <<TEXT
== Run this once, so that GitHub puts the reusable workflow into the subject:
   gh api --method PUT repos/$repository/actions/oidc/customization/sub -F use_default=false -f 'include_claim_keys[]=repo' -f 'include_claim_keys[]=job_workflow_ref'
TEXT
fi
echo "== Workflow: save as .github/workflows/headlamp.yml in $repository" >&2
cat <<TEXT
name: Headlamp
on:
  workflow_dispatch:
  schedule:
    - cron: '0 4 * * 1'

concurrency: headlamp

jobs:
  deploy:
    runs-on: ubuntu-latest${job_environment:+
    environment: $job_environment}
    permissions:
      id-token: write
      contents: read
    steps:
      - uses: org/headlamp-aks-entra@v1
        with:
          client-id: $client_id
          tenant-id: $tenant
          subscription-id: $subscription
          resource-group: $resource_group
          cluster-name: $cluster
          key-vault-name: $vault
TEXT
[ "$cloud" = AzureCloud ] || echo "          environment: $cloud"
