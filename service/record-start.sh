#!/usr/bin/env bash
# Prepares quick starts of the service: record-start.sh JAVA JAR FOLDER [JVM OPTION]... (docs/decisions/0011-hot-path.md).
# FOLDER then has app/ (the jar, unpacked, with its beans settled), native/ (ONNX Runtime's libraries, which it otherwise
# unpacks at each start) and start.aot (what the JVM remembers of a start). Run from the top of the checkout.
set -euo pipefail
java=${1:?the java of JDK 25} jar=${2:?the jar of the service} folder=${3:?where the results go}
shift 3
tools=${java%java}
app=$folder/app/millrace-service-app.jar
service=''
trap 'if [ -n "$service" ]; then kill -KILL "$service" 2>/dev/null || true; fi' EXIT

unpack() {
  "$java" -Djarmode=tools -jar "$jar" extract --destination "$folder/app" >/dev/null 2>&1
}

# The libraries for this machine; those of CUDA, more than a gigabyte, stay in their jar.
unpack_libraries() {
  local platform runtime
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) platform=linux-x64 ;;
    Linux-aarch64) platform=linux-aarch64 ;;
    Darwin-arm64) platform=osx-aarch64 ;;
    *) return 0 ;;
  esac
  for runtime in "$folder"/app/lib/onnxruntime-[0-9]*.jar; do
    [ -f "$runtime" ] || return 0
    (
      cd "$folder"
      "${tools}jar" xf "$OLDPWD/$runtime" "ai/onnxruntime/native/$platform"
      mv "ai/onnxruntime/native/$platform" native
      rm -r ai
    )
  done
}

# Which beans there are, Spring finds out anew at each start from annotations and conditions, in half a second of one core.
# Here it does so once and writes it down as classes. With an empty environment: only conditions on keys of Spring's own,
# which the service has none of, would come out otherwise.
settle_beans() {
  local classpath="$app:$folder/app/lib/*" generated=$folder/generated
  mkdir -p "$generated/classes" "$generated/resources"
  env -i LC_ALL=C.UTF-8 "$java" --enable-native-access=ALL-UNNAMED -cp "$classpath" \
    org.springframework.boot.SpringApplicationAotProcessor dev.millrace.serving.ServingApplication \
    "$generated/sources" "$generated/resources" "$generated/classes" dev.millrace millrace-service
  find "$generated/sources" -name '*.java' >"$generated/files"
  "${tools}javac" -proc:none -nowarn -cp "$classpath" -d "$generated/classes" "@$generated/files"
  echo 'spring.aot.enabled=true' >"$generated/classes/spring.properties"
  "${tools}jar" --update --file "$app" -C "$generated/classes" . -C "$generated/resources" .
  rm -r "$generated"
}

# Starts the service with one small model (src/start/models/scale: x, FP32 [N,4], times 1, 2, 3 and 4) on free ports, and
# stops it once it is ready, which is after its rehearsal; the JVM then writes the file. The rehearsal is long, since only
# what was compiled in it is compiled at once later, without that the JVM first counts how it runs.
record() {
  local url='' tries log=$folder/record.log options=("$@")
  [ ! -d "$folder/native" ] || options+=("-Donnxruntime.native.path=$folder/native")
  MILLRACE_HOME=$folder/home MILLRACE_MODELS=service/src/start/models MILLRACE_MODEL_CONTROL=none MILLRACE_MODEL_SETTINGS='' \
    MILLRACE_BIND_ADDRESS=127.0.0.1 MILLRACE_MANAGEMENT_ADDRESS=127.0.0.1 MILLRACE_DRAIN_SECONDS=0 MILLRACE_REHEARSAL=12s \
    MILLRACE_HTTP_PORT=0 MILLRACE_GRPC_PORT=0 MILLRACE_MANAGEMENT_PORT=0 \
    "$java" "${options[@]}" -XX:AOTCacheOutput="$folder/start.aot" -jar "$app" >"$log" 2>&1 &
  service=$!
  for tries in $(seq 1 300); do
    url=$(sed -nE 's/.*listening: http=([^ ]+) .*/\1/p' "$log" | head -n 1)
    if [ -n "$url" ] && answers "$url"; then break; fi
    kill -0 "$service" 2>/dev/null || break
    sleep 0.2
  done
  kill -TERM "$service" 2>/dev/null || true
  wait "$service" || true
  service=''
  [ -s "$folder/start.aot" ]
}

# Without curl the record has no request of a client in it; the rehearsal has been by the time this gives up.
answers() {
  if ! command -v curl >/dev/null; then
    sleep 15
    return 0
  fi
  curl -fs -o "$folder/ready" --max-time 10 "$1/v2/health/ready" \
    && curl -fs -o "$folder/answer" --max-time 10 "$1/v2/models/scale/infer" \
      -d '{"inputs":[{"name":"x","datatype":"FP32","shape":[1,4],"data":[1,2,3,4]}]}'
}

rm -rf "$folder"
mkdir -p "$folder"
unpack
unpack_libraries
settle_beans >"$folder/beans.log" 2>&1
record "$@"
