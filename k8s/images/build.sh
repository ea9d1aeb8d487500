#!/usr/bin/env bash
# Builds the three images from the jars of `mvn package`. Needs a JDK 25 (JAVA25_HOME, else JAVA_HOME) and docker.
# Usage: k8s/images/build.sh [-n] [--gpu] [service|model-store|trainer]...
#   -n           only prepare the build contexts below k8s/images/target, do not call docker
#   --gpu        only the service, from a jar of `mvn -Pgpu package`, on GPU_BASE_IMAGE: the image service-gpu
# Environment: BASE_IMAGE (debian:bookworm-slim), IMAGE_PREFIX (millrace/), IMAGE_TAG (0.1.0),
#   GPU_BASE_IMAGE (no default: an image with the CUDA and cuDNN that ONNX Runtime 1.28 asks for, and TensorRT if it is to be used)
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
target=$root/k8s/images/target
modules=java.se,jdk.unsupported,jdk.management,jdk.zipfs,jdk.jfr,jdk.naming.dns,jdk.crypto.ec,jdk.httpserver

fail() { echo "build.sh: $*" >&2; exit 1; }

java_home() {
  local home=${JAVA25_HOME:-${JAVA_HOME:-}}
  [ -x "$home/bin/jlink" ] || fail "no JDK 25 found: set JAVA25_HOME to one (it must have bin/jlink)."
  case $("$home/bin/java" -version 2>&1 | head -1) in *'"25'*) echo "$home" ;;
    *) fail "'$home' is not a JDK 25: set JAVA25_HOME to one." ;; esac
}

runtime() {
  [ -x "$target/jre/bin/java" ] || "$1/bin/jlink" --add-modules $modules --strip-debug --compress zip-6 --no-header-files --no-man-pages \
    --output "$target/jre"
}

context() {
  local name=$1 java=$2 jar=$root/$1/target/millrace-$1-app.jar
  [ -f "$jar" ] || fail "$jar is missing: run 'mvn package' first."
  rm -rf "${target:?}/$name" && mkdir -p "$target/$name"
  cp -a "$target/jre" "$target/$name/jre"
  "$java/bin/java" -Djarmode=tools -jar "$jar" extract --destination "$target/$name/app"
}

# A jar without CUDA would start, and fail at the first model for a GPU.
require_gpu_build() {
  [ -n "${GPU_BASE_IMAGE:-}" ] || [ $prepare_only = yes ] || fail "--gpu needs GPU_BASE_IMAGE, an image with CUDA and cuDNN."
  [ -n "$(find "$target/service/app/lib" -name 'onnxruntime_gpu-*.jar')" ] \
    || fail "the service's jar has no CUDA: run './millrace build -Pgpu' (or 'mvn -Pgpu package') first."
}

prepare_only=no gpu=no
while [ $# -gt 0 ]; do
  case $1 in
    -n) prepare_only=yes ;;
    --gpu) gpu=yes ;;
    *) break ;;
  esac
  shift
done
[ $gpu = no ] || [ $# -eq 0 ] || [ "$*" = service ] || fail "--gpu is for the service only."
[ $# -gt 0 ] || { [ $gpu = yes ] && set -- service || set -- service model-store trainer; }
base=${BASE_IMAGE:-debian:bookworm-slim} suffix=
[ $gpu = no ] || { base=${GPU_BASE_IMAGE:-} suffix=-gpu; }
java=$(java_home)
mkdir -p "$target"
runtime "$java"
for name in "$@"; do
  context "$name" "$java"
  [ $gpu = no ] || require_gpu_build
  if [ $prepare_only = no ]; then
    docker build -f "$root/k8s/images/$name.Dockerfile" --build-arg "BASE_IMAGE=$base" \
      -t "${IMAGE_PREFIX:-millrace/}$name$suffix:${IMAGE_TAG:-0.1.0}" "$target/$name"
  fi
done
