#!/usr/bin/env bash
# Creates the deploying identity, lets the workflow sign in as it, and grants it only what this cluster needs. Run it again
# at any time: it only adds what is missing.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: bootstrap.sh --repository OWNER/NAME --resource-group GROUP --cluster NAME --key-vault NAME [options]

First sign in (az login) as somebody who may create roles and assign them on the cluster and the vault, who may grant
Microsoft Graph permissions (Privileged Role Administrator), and with --admin-group, who may add members to that group.

  --key-vault NAME     is created if it is missing, with Azure RBAC and purge protection

Which jobs may sign in (each option can be repeated; default: --branch main)
  --branch NAME        runs on a branch
  --tag NAME           runs on a tag
  --environment NAME   jobs with this `environment:`, on any branch
  --workflow PATH@REF  jobs of a reusable workflow, as OWNER/NAME/.github/workflows/FILE@refs/heads/main
  --subject SUBJECT    the subject as it is in the ID token; with nothing but subjects, --repository can be left out
  --issuer URL         default: https://token.actions.githubusercontent.com

The identity
  --name NAME                   default: headlamp-deployer
  --identity-group GROUP        resource group of the managed identity, default: the cluster's
  --identity-subscription ID    its subscription, default: the cluster's
  --new-app-registration        create an app registration instead of a managed identity
  --app-registration CLIENT_ID  use this app registration

What it may do
  --admin-group ID        make the identity a member of this Entra group, which administers the cluster
  --cluster-access WAY    the action's input: auto (default), direct or command
  --delivery WAY          the action's input: helm (default), or vault, which needs no permission in the cluster, and none
                          on it if it has Entra integration
  --secret NAME           the action's key-vault-secret-name, default: headlamp-CLUSTER-client-secret,
                          with - for each _ of the cluster's name
  --whole-vault           Key Vault Secrets Officer on the vault, not only on this secret
  --grant-consent         let it grant admin consent. The permission is as powerful as an administrator of the tenant:
                          remove it after the first run. Default: an administrator opens the link that the run shows
  --delegate ROLE=GROUP   let it assign this Azure role to this Entra group on the cluster; can be repeated

  --subscription ID            of the cluster, default: az's current subscription
  --key-vault-group NAME       resource group of the vault, default: the cluster's
  --key-vault-subscription ID  subscription of the vault, default: the cluster's
  --dry-run                    show all commands, change nothing
TEXT
}

fail() {
  echo "bootstrap.sh: $1" >&2
  exit 1
}
note() {
  printf '== %s\n' "$1" >&2
}

repository='' resource_group='' cluster='' vault='' subscription='' vault_group='' secret=''
identity_group='' identity_subscription='' vault_subscription=''
issuer=https://token.actions.githubusercontent.com cluster_access=auto delivery=helm admin_group='' whole_vault=false
identity=managed-identity name=headlamp-deployer client_id='' grant_consent=false dry_run=false
jobs=() delegations=()

while [ $# -gt 0 ]; do
  case $1 in
    --dry-run) dry_run=true && shift && continue ;;
    --grant-consent) grant_consent=true && shift && continue ;;
    --whole-vault) whole_vault=true && shift && continue ;;
    --new-app-registration) identity=app-registration && shift && continue ;;
    --help | -h) usage && exit 0 ;;
  esac
  [ $# -ge 2 ] || fail "$1 needs a value; see --help"
  case $1 in
    --repository) repository=$2 ;;
    --resource-group) resource_group=$2 ;;
    --cluster) cluster=$2 ;;
    --key-vault) vault=$2 ;;
    --key-vault-group) vault_group=$2 ;;
    --key-vault-subscription) vault_subscription=$2 ;;
    --subscription) subscription=$2 ;;
    --name) name=$2 ;;
    --identity-group) identity_group=$2 ;;
    --identity-subscription) identity_subscription=$2 ;;
    --app-registration) identity=app-registration client_id=$2 ;;
    --admin-group) admin_group=$2 ;;
    --cluster-access) cluster_access=$2 ;;
    --delivery) delivery=$2 ;;
    --secret) secret=$2 ;;
    --issuer) issuer=${2%/} ;;
    --delegate) delegations+=("$2") ;;
    --branch | --tag | --environment | --workflow | --subject) jobs+=("${1#--}" "$2") ;;
    *) fail "unknown option $1; see --help" ;;
  esac
  shift 2
done

# Values that become part of a query or of JSON are checked; all others are only passed as one argument.
requires() {
  local option=$1 value=$2 form=$3
  [ -n "$value" ] || fail "$option is missing"
  [[ $value =~ ^$form$ ]] || fail "$option has a value of the wrong form: $value"
}
guid='[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}'
[ ${#jobs[@]} -gt 0 ] || jobs=(branch main)
# Only the subjects of other jobs begin with the name of the repository.
needs_prefix=false
for ((i = 0; i < ${#jobs[@]}; i += 2)); do
  [ "${jobs[i]}" = subject ] || needs_prefix=true
done
if $needs_prefix || [ -n "$repository" ]; then requires --repository "$repository" '[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+'; fi
requires --resource-group "$resource_group" '[A-Za-z0-9_.()-]+'
requires --cluster "$cluster" '[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?'
requires --key-vault "$vault" '[A-Za-z0-9-]+'
requires --name "$name" '[A-Za-z0-9][A-Za-z0-9_-]{2,127}'
# As the action derives it: names of secrets have no _.
default_secret=headlamp-${cluster//_/-}-client-secret
requires --secret "${secret:=$default_secret}" '[A-Za-z0-9-]{1,127}'
requires --issuer "$issuer" 'https://[A-Za-z0-9./_-]+'
requires --cluster-access "$cluster_access" '(auto|direct|command)'
requires --delivery "$delivery" '(helm|vault)'
[ -z "$admin_group" ] || requires --admin-group "$admin_group" "$guid"
[ -z "$client_id" ] || requires --app-registration "$client_id" "$guid"
for delegation in ${delegations[@]+"${delegations[@]}"}; do
  requires --delegate "$delegation" "[A-Za-z0-9 ]+=$guid"
done
: "${vault_group:=$resource_group}" "${identity_group:=$resource_group}"

# Reads always run. A dry run shows writes but does not run them.
quoted() {
  local line
  line=$(printf '%q ' "$@")
  printf '%s' "${line% }"
}
show() {
  printf '+ %s\n' "$(quoted "$@")" >&2
}
read_az() {
  show az "$@"
  az "$@" --output tsv
}
change_az() {
  show az "$@"
  $dry_run || az "$@" --output none
}
json() {
  local text=${1//\\/\\\\}
  printf '"%s"' "${text//\"/\\\"}"
}

[ -n "$subscription" ] || subscription=$(read_az account show --query id)
requires --subscription "$subscription" "$guid"
requires --identity-subscription "${identity_subscription:=$subscription}" "$guid"
requires --key-vault-subscription "${vault_subscription:=$subscription}" "$guid"
here=(--subscription "$subscription")
at_vault=(--subscription "$vault_subscription")
tenant=$(read_az account show "${here[@]}" --query tenantId)

note 'The cluster and the vault'
cluster_facts=$(read_az aks show "${here[@]}" --resource-group "$resource_group" --name "$cluster" --query "[id, location,
  to_string(aadProfile.managed), to_string(not_null(aadProfile.enableAzureRbac, aadProfile.enableAzureRBAC)),
  to_string(disableLocalAccounts), to_string(apiServerAccessProfile.enablePrivateCluster),
  join(' ', not_null(aadProfile.adminGroupObjectIDs, aadProfile.adminGroupObjectIds, \`[]\`))]")
{
  read -r cluster_id
  read -r location
  read -r has_entra
  read -r has_azure_rbac
  read -r local_accounts_disabled
  read -r is_private
  read -r admin_groups || true
} <<<"$cluster_facts"
# Azure ignores case in names; a query does not.
vault_ids=$(read_az keyvault list "${at_vault[@]}" --resource-group "$vault_group" --query '[].id')
vault_id=$(grep -i "/vaults/$vault\$" <<<"$vault_ids" || true)
vault_exists=true
if [ -z "$vault_id" ]; then
  vault_exists=false
  vault_id=/subscriptions/$vault_subscription/resourceGroups/$vault_group/providers/Microsoft.KeyVault/vaults/$vault
else
  by_roles=$(read_az keyvault show "${at_vault[@]}" --name "$vault" --query properties.enableRbacAuthorization)
  [ "$by_roles" = true ] ||
    fail "vault $vault uses access policies; turn on Azure RBAC: az keyvault update --name $vault --enable-rbac-authorization true"
fi

note 'The identity'
# A managed identity is found in its resource group, an app registration by its client ID. Never by a display name: anybody
# in the tenant can create a registration with any display name, and would get all grants.
there=(--subscription "$identity_subscription" --resource-group "$identity_group")
find_client() {
  read_az identity list "${there[@]}" --query '[].[name, clientId]' |
    awk -v name="$name" 'tolower($1) == tolower(name) { print $2 }'
}
find_principal() {
  read_az ad sp list --filter "appId eq '$client_id'" --query '[0].id'
}
if [ "$identity" = managed-identity ]; then
  client_id=$(find_client)
elif [ -n "$client_id" ]; then
  secrets=$(read_az ad app show --id "$client_id" --query 'length(passwordCredentials)')
  [ "$secrets" = 0 ] || note "This registration has $secrets client secret(s). Whoever holds one gets the same grants."
fi
principal_id=''
[ -z "$client_id" ] || principal_id=$(find_principal)

note 'Access to the cluster'
by_command=false needs_write=false way_in='' leaves_cluster=false
if [ "$delivery" = vault ]; then
  way_in=none
  if [ "$has_entra" = true ] && [ -z "$admin_group" ] && [ ${#delegations[@]} = 0 ]; then leaves_cluster=true; fi
elif [ "$cluster_access" = command ] || { [ "$cluster_access" = auto ] && [ "$is_private" = true ]; }; then
  by_command=true
fi
[ "$has_entra" = true ] || needs_write=true
if [ ${#delegations[@]} -gt 0 ] && [ "$has_azure_rbac" != true ]; then needs_write=true; fi
is_member() {
  [ -n "$principal_id" ] && [ "$(read_az ad group member check --group "$1" --member-id "$principal_id" --query value)" = true ]
}
if [ -n "$admin_group" ] && ! grep -Fiq "$admin_group" <<<"$admin_groups"; then needs_write=true; fi
if [ "$way_in" = none ]; then
  :
elif [ -n "$admin_group" ]; then
  way_in=group
elif [ "$has_azure_rbac" = true ]; then
  way_in=azure-rbac
else
  for group in $admin_groups; do
    if is_member "$group"; then way_in=member && break; fi
  done
  if [ -z "$way_in" ]; then
    if $by_command || [ "$local_accounts_disabled" = true ]; then
      fail "the identity has no access to cluster $cluster. Give --admin-group with a group that administers it${admin_groups:+: $admin_groups}"
    fi
    way_in=local-admin
    note 'The identity is in no admin group, so it may read the credential of the local administrator. --admin-group is safer.'
  fi
fi

if ! $vault_exists; then
  change_az keyvault create "${at_vault[@]}" --resource-group "$vault_group" --name "$vault" --location "$location" \
    --enable-rbac-authorization true --enable-purge-protection true ||
    fail "if $vault exists elsewhere, give --key-vault-group and --key-vault-subscription"
fi
if [ -z "$client_id" ]; then
  if [ "$identity" = managed-identity ]; then
    change_az identity create "${there[@]}" --name "$name" --location "$location"
    $dry_run || client_id=$(find_client)
  else
    show az ad app create --display-name "$name" --sign-in-audience AzureADMyOrg
    $dry_run || client_id=$(az ad app create --display-name "$name" --sign-in-audience AzureADMyOrg --query appId --output tsv)
    $dry_run || note "Created app registration $client_id. To run this again: --app-registration $client_id"
  fi
fi
# A dry run has no ids of what it did not create, so it shows placeholders.
client_id=${client_id:-CLIENT_ID}
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

note 'Federated credentials'
# How the subjects of this repository begin. Those of repositories that were created, renamed or transferred after 15 July
# 2026 contain the ids of owner and repository: repo:OWNER@ID/NAME@ID.
prefix=repo:$repository
template=''
if $needs_prefix; then
  customization=(gh api "repos/$repository/actions/oidc/customization/sub" --jq
    '"\(.sub_claim_prefix // "") \(if .use_default == false then (.include_claim_keys // [] | join(",")) else "" end)"')
  show "${customization[@]}"
  if answer=$("${customization[@]}" 2>/dev/null) && [ -n "${answer%% *}" ]; then
    prefix=${answer%% *} template=${answer#* }
  else
    note "GitHub did not say how the subjects of this repository begin (is gh installed and signed in?). Used: $prefix.
   Repositories created, renamed or transferred after 15 July 2026 have ids in it: repo:OWNER@ID/NAME@ID. If the first run
   fails with federated-credential-missing, give the subject that it shows: --subject SUBJECT"
  fi
fi
has_workflow=false job_environment=''
subject_of() {
  local kind=$1 value=$2
  case $kind in
    branch) printf '%s' "$prefix:ref:refs/heads/$value" ;;
    tag) printf '%s' "$prefix:ref:refs/tags/$value" ;;
    environment) printf '%s' "$prefix:environment:${value//:/%3A}" ;;
    workflow) printf '%s' "$prefix:job_workflow_ref:$value" ;;
    subject) printf '%s' "$value" ;;
  esac
}
known_subjects=''
if [ "$client_id" != CLIENT_ID ]; then
  if [ "$identity" = managed-identity ]; then
    known_subjects=$(read_az identity federated-credential list "${there[@]}" \
      --identity-name "$name" --query "[?issuer=='$issuer'].subject")
  else
    known_subjects=$(read_az ad app federated-credential list --id "$client_id" --query "[?issuer=='$issuer'].subject")
  fi
fi
cloud=$(read_az cloud show --query name)
case $cloud in
  AzureUSGovernment) audience=api://AzureADTokenExchangeUSGov ;;
  AzureChinaCloud) audience=api://AzureADTokenExchangeChina ;;
  *) audience=api://AzureADTokenExchange ;;
esac
subjects=''
for ((i = 0; i < ${#jobs[@]}; i += 2)); do
  kind=${jobs[i]} value=${jobs[i + 1]}
  case $kind in
    workflow) has_workflow=true ;;
    environment) job_environment=$value ;;
  esac
  case $kind:$template in
    subject:* | *: | workflow:repo,job_workflow_ref | branch:repo,context | tag:repo,context | environment:repo,context) ;;
    *) fail "the subjects of $repository are customized ($template), so this script cannot derive that of --$kind; give --subject" ;;
  esac
  subject=$(subject_of "$kind" "$value")
  subjects+=$subject$'\n'
  if grep -Fxq -- "$subject" <<<"$known_subjects"; then continue; fi
  # A name that Azure accepts: letters, digits, - and _. The checksum keeps those of different repositories apart.
  credential=$(printf '%s-%s' "$kind" "${value##*/}" | tr -c 'A-Za-z0-9_-' '-' | cut -c1-100)-$(printf '%s' "$subject" | cksum | cut -d ' ' -f 1)
  if [ "$identity" = managed-identity ]; then
    change_az identity federated-credential create "${there[@]}" \
      --identity-name "$name" --name "$credential" --issuer "$issuer" --subject "$subject" --audiences "$audience"
  else
    change_az ad app federated-credential create --id "$client_id" --parameters \
      "{\"name\":\"$credential\",\"issuer\":\"$issuer\",\"subject\":$(json "$subject"),\"audiences\":[\"$audience\"]}"
  fi
done
others=$(grep -Fxv -- "${subjects%$'\n'}" <<<"$known_subjects" || true)
[ -z "$others" ] || note "Jobs with these subjects may sign in as well, although no option names them: $(tr '\n' ' ' <<<"$others")"

note 'Azure roles'
grant_role() {
  local role=$1 scope=$2 held=0
  shift 2
  [ "$principal_id" = PRINCIPAL_ID ] || held=$(read_az role assignment list "${here[@]}" --scope "$scope" \
    --role "$role" --fill-principal-name false --query "length([?principalId=='$principal_id'])")
  [ "$held" = 0 ] || return 0
  assign_role "$role" "$scope" "$@"
}
assign_role() {
  local role=$1 scope=$2
  shift 2
  change_az role assignment create "${here[@]}" --assignee-object-id "$principal_id" \
    --assignee-principal-type ServicePrincipal --role "$role" --scope "$scope" "$@"
}
# A role of our own, because the built-in ones allow far more: "Azure Kubernetes Service Contributor Role" may also delete
# the cluster, run commands in it and read the credential of its administrator.
grant_custom_role() {
  local role=$1 what=$2 actions=$3 found
  found=$(read_az role definition list "${here[@]}" --name "$role" --custom-role-only true \
    --query "[].join(' ', sort(permissions[].[actions, not_null(dataActions, \`[]\`)][][])) | [0]")
  if [ "$found" = "$actions" ]; then
    grant_role "$role" "$cluster_id"
    return
  fi
  [ -z "$found" ] || fail "the custom role \"$role\" exists with other actions: $found. Correct or delete it"
  local definition="{\"Name\":\"$role\",\"Description\":\"$what\",\"Actions\":[\"${actions// /\",\"}\"],\"AssignableScopes\":["
  change_az role definition create "${here[@]}" --role-definition "$definition\"/subscriptions/$subscription\"]}" ||
    fail "names of custom roles are unique in the tenant. If another subscription has \"$role\", run this with the ids of those
   that have it in place of OTHER, then this script again:
   az role definition update --role-definition '$definition\"/subscriptions/OTHER\",\"/subscriptions/$subscription\"]}'"
  # A new role takes a while to appear.
  for ((try = 0; try < 10; try += 1)); do
    if assign_role "$role" "$cluster_id"; then return; fi
    sleep 6
  done
  fail "Azure does not know the new role \"$role\" yet; run this again"
}
aks=Microsoft.ContainerService/managedClusters
if [ "$way_in" != none ]; then
  grant_role 'Azure Kubernetes Service Cluster User Role' "$cluster_id"
elif ! $leaves_cluster; then
  # It reads the cluster's Entra integration; turning it on needs the same role.
  needs_write=true
fi
if $needs_write; then
  grant_custom_role 'Headlamp AKS Entra deployer' 'Turns on Entra integration and adds admin groups' \
    "Microsoft.Authorization/locks/read Microsoft.Authorization/permissions/read $aks/agentPools/read $aks/read $aks/write"
fi
if $by_command; then
  grant_custom_role 'Headlamp AKS Entra run-command' 'Runs commands in the cluster and reads their results' \
    "$aks/commandResults/read $aks/runcommand/action"
fi
case $way_in in
  azure-rbac) grant_role 'Azure Kubernetes Service RBAC Cluster Admin' "$cluster_id" ;;
  local-admin) grant_role 'Azure Kubernetes Service Cluster Admin Role' "$cluster_id" ;;
  group)
    if [ "$principal_id" = PRINCIPAL_ID ] || ! is_member "$admin_group"; then
      change_az ad group member add --group "$admin_group" --member-id "$principal_id"
    fi
    ;;
esac
if $whole_vault; then vault_scope=$vault_id; else vault_scope=$vault_id/secrets/$secret; fi
grant_role 'Key Vault Secrets Officer' "$vault_scope"

if [ ${#delegations[@]} -gt 0 ]; then
  role_ids='' group_ids=''
  for delegation in "${delegations[@]}"; do
    role_id=$(read_az role definition list "${here[@]}" --name "${delegation%=*}" --query '[0].name')
    [ -n "$role_id" ] || fail "there is no Azure role \"${delegation%=*}\""
    role_ids+=${role_ids:+, }$role_id
    group_ids+=${group_ids:+, }${delegation##*=}
  done
  # Only these roles, and only for these groups.
  assignments=Microsoft.Authorization/roleAssignments
  limit() {
    printf '%s' "((!(ActionMatches{'$assignments/$1'})) OR (@$2[$assignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {$role_ids} AND @$2[$assignments:PrincipalId] ForAnyOfAnyValues:GuidEquals {$group_ids}))"
  }
  condition="$(limit write Request) AND $(limit delete Resource)"
  role='Role Based Access Control Administrator' held=''
  [ "$principal_id" = PRINCIPAL_ID ] || held=$(read_az role assignment list "${here[@]}" --scope "$cluster_id" --role "$role" \
    --fill-principal-name false --query "[?principalId=='$principal_id'].join(' ', [id, not_null(condition, '')]) | [0]")
  if [ -n "$held" ] && [ "${held#* }" != "$condition" ]; then
    change_az role assignment delete "${here[@]}" --ids "${held%% *}"
    held=''
  fi
  [ -n "$held" ] || assign_role "$role" "$cluster_id" --condition-version 2.0 --condition "$condition"
fi

note 'Microsoft Graph permissions'
graph=$(read_az cloud show --query endpoints.microsoftGraphResourceId)
graph=${graph%/}/v1.0
graph_id=$(read_az ad sp list --filter "appId eq '00000003-0000-0000-c000-000000000000'" --query '[0].id')
held_roles='' assigned=$graph/servicePrincipals/$principal_id/appRoleAssignments
[ "$principal_id" = PRINCIPAL_ID ] || held_roles=$(read_az rest --method get \
  --url "$assigned" --query "value[?resourceId=='$graph_id'].appRoleId")
grant_graph() {
  if grep -Fxq "$1" <<<"$held_roles"; then return; fi
  change_az rest --method post --url "$assigned" --body \
    "{\"principalId\":\"$principal_id\",\"resourceId\":\"$graph_id\",\"appRoleId\":\"$1\"}"
}
grant_graph 18a4783c-866b-4cc7-a460-3d5e5662c884 # Application.ReadWrite.OwnedBy
consent=8e8e4742-1d95-4f68-9d56-6ee75648c72a     # DelegatedPermissionGrant.ReadWrite.All
if $grant_consent; then grant_graph "$consent"; fi
if $grant_consent || grep -Fxq "$consent" <<<"$held_roles"; then
  note "After the first run, remove the permission to grant consent:
   az rest --method delete --url \"$assigned/\$(az rest --method get --url \"$assigned\" --query \"value[?appRoleId=='$consent'].id | [0]\" --output tsv)\""
else
  note 'The first run warns with a link. An administrator of the tenant opens it once, to grant admin consent.'
fi

if $has_workflow && [ "$template" != repo,job_workflow_ref ]; then
  note "Run this once, so that GitHub puts the reusable workflow into the subject:
   $(quoted gh api --method PUT "repos/$repository/actions/oidc/customization/sub" -F use_default=false -f 'include_claim_keys[]=repo' -f 'include_claim_keys[]=job_workflow_ref')"
fi
note "Workflow: save as .github/workflows/headlamp.yml${repository:+ in $repository}"
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
    environment: $(json "$job_environment")}
    permissions:
      id-token: write
      contents: read
    steps:
      - uses: org/headlamp-aks-entra@v1
        with:
          client-id: $client_id
          tenant-id: $tenant
          subscription-id: $subscription
          resource-group: $(json "$resource_group")
          cluster-name: $(json "$cluster")
          key-vault-name: $(json "$vault")
TEXT
option() {
  if [ "$2" != "$3" ]; then echo "          $1: $2"; fi
}
option key-vault-secret-name "$(json "$secret")" "$(json "$default_secret")"
option admin-group-object-ids "$admin_group" ''
[ ${#delegations[@]} = 0 ] || option enable-azure-rbac true ''
option cluster-access "$cluster_access" auto
option delivery "$delivery" helm
! $leaves_cluster || option manage-cluster false true
option environment "$cloud" AzureCloud
