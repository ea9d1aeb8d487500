#!/usr/bin/env bash
# Lints the chart, renders it with its defaults and with each switch, validates what comes out against Kubernetes' own
# schemas, and checks that wrong values are refused. Reaches no cluster.
# Needs helm (HELM, else the PATH) and kubernetes-validate 1.37.0 from PyPI (KUBERNETES_VALIDATE, else the PATH).
# Without one of them it exits with 3. KUBERNETES_VERSION (1.33.0) is the version to validate against.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
chart=$here/helm/millrace
version=${KUBERNETES_VERSION:-1.33.0}
helm=${HELM:-helm}
validate=${KUBERNETES_VALIDATE:-kubernetes-validate}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

fail() { echo "k8s/check.sh: $*" >&2; exit 1; }

# Exit 3 says that a tool is not here, not that the chart is wrong.
missing() { echo "k8s/check.sh: $*" >&2; exit 3; }

# name, then helm's --set arguments
render() {
  local name=$1; shift
  "$helm" template demo "$chart" --namespace serving --kube-version "$version" "$@" >"$out/$name.yaml" \
    || fail "rendering '$name' failed (helm template $*)."
  "$validate" -k "$version" --strict "$out/$name.yaml" >"$out/$name.log" 2>&1 \
    || { cat "$out/$name.log" >&2; fail "'$name' is not valid for Kubernetes $version (helm template $*)."; }
  echo "valid: $name ($(grep -c '^kind:' "$out/$name.yaml") objects)"
}

# name, an extended regular expression that the rendered text must have
has() { grep -qE -- "$2" "$out/$1.yaml" || fail "'$1' lacks: $2"; }
lacks() { ! grep -qE -- "$2" "$out/$1.yaml" || fail "'$1' must not have: $2"; }

# what the message must say, then helm's --set arguments
refused() {
  local message=$1; shift
  if "$helm" template demo "$chart" --kube-version "$version" "$@" >"$out/refused.log" 2>&1; then
    fail "must be refused, but rendered: $*"
  fi
  grep -qE -- "$message" "$out/refused.log" || { cat "$out/refused.log" >&2; fail "the refusal of '$*' must say: $message"; }
  echo "refused: $*"
}

command -v "$helm" >/dev/null || missing "'$helm' is not there: go install helm.sh/helm/v3/cmd/helm@v3.22.0, or set HELM."
command -v "$validate" >/dev/null \
  || missing "'$validate' is not there: pip install -r k8s/requirements.txt, or set KUBERNETES_VALIDATE."

"$helm" lint "$chart" --strict --quiet --kube-version "$version" || fail "helm lint found faults."

render default
has default 'readOnlyRootFilesystem: true'
has default 'automountServiceAccountToken: false'
has default 'terminationGracePeriodSeconds: 45'
has default 'path: /v2/health/ready'
has default '^kind: PodDisruptionBudget'
has default '^kind: NetworkPolicy'
has default '- name: trainer$'
[ "$(grep -c '^kind: Deployment' "$out/default.yaml")" = 1 ] || fail "by default the trainer is a sidecar: one Deployment."

render without-trainer --set trainer.enabled=false
lacks without-trainer 'MILLRACE_TRAINER'
render trainer-apart --set trainer.placement=deployment --set service.replicas=3
[ "$(grep -c '^kind: Deployment' "$out/trainer-apart.yaml")" = 2 ] || fail "placement 'deployment' needs its own Deployment."
render other-store --set store.enabled=false --set store.externalUrl=http://mlflow.tracking.svc:5000
has other-store 'http://mlflow.tracking.svc:5000'
lacks other-store '^kind: StatefulSet'
render model-folder --set store.enabled=false,trainer.enabled=false,service.models.existingClaim=models
has model-folder 'MILLRACE_MODELS'
lacks model-folder 'MILLRACE_STORE_URL'
render ephemeral-store --set store.persistence.enabled=false --set store.networkPolicy.enabled=false
lacks ephemeral-store 'volumeClaimTemplates'
render postgresql --set store.database.existingSecret=millrace-database
has postgresql 'name: MILLRACE_STORE_DATABASE$'
has postgresql 'name: millrace-database$'
lacks default 'MILLRACE_STORE_DATABASE'
render own-secret --set auth.existingSecret=tokens --set serviceAccount.create=false --set podDisruptionBudget.enabled=false
lacks own-secret '^kind: (Secret|ServiceAccount|PodDisruptionBudget)'
render gpu --set service.image=service-gpu,service.temporarySizeLimit=4Gi --set 'service.resources.limits.nvidia\.com/gpu=1' \
  --set 'service.tolerations[0].key=nvidia.com/gpu,service.tolerations[0].operator=Exists'
has gpu 'image: "millrace/service-gpu:'
has gpu 'nvidia.com/gpu: 1'
render given-tokens --set auth.storeToken=0123456789abcdef --set service.javaOptions=-Xlog:gc --set image.pullSecrets='{pull}'
has given-tokens "store-token: $(printf 0123456789abcdef | base64)"

refused 'trainer.placement=deployment' --set service.replicas=2
refused 'store.externalUrl' --set store.enabled=false --set trainer.enabled=false
refused 'set store.enabled=false' --set service.models.existingClaim=models
refused 'must be more than preStopSeconds' --set service.drain.gracePeriodSeconds=5
refused 'replicaCount' --set service.replicaCount=2
refused 'storeToken' --set auth.storeToken=short
echo "k8s/check.sh: all right"
