#!/usr/bin/env bash
# Signs az in with the ID token of a job of .github/workflows/live.yml. az needs a new one after some minutes.
set -euo pipefail
token=$(curl --silent --show-error --fail --header "Authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" \
  "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=api://AzureADTokenExchange" | jq --raw-output .value)
echo "::add-mask::$token"
az login --service-principal --username "$LIVE_ADMINISTRATOR" --tenant "$LIVE_TENANT_ID" \
  --federated-token "$token" --output none
az account set --subscription "$LIVE_SUBSCRIPTION_ID"
