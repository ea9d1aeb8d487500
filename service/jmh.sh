#!/usr/bin/env bash
# Runs the JMH benchmarks of the service (classes named *Benchmark in its tests): ./millrace bench --micro [JMH options].
# They are measured at the places that the hot path's comments name.
set -euo pipefail
cd "$(dirname "$0")/.."
java=${1:?the java of JDK 25}
shift
out=service/target/jmh
rm -rf "$out"
mkdir -p "$out/sources" "$out/classes"
mvn -q -B -pl service -am -DskipTests test-compile dependency:build-classpath -Dmdep.includeScope=test -Dmdep.outputFile="$PWD/$out/classpath"
classpath=service/target/test-classes:service/target/classes:$(cat "$out/classpath")
"$java" -cp "$classpath" org.openjdk.jmh.generators.bytecode.JmhBytecodeGenerator \
  service/target/test-classes "$out/sources" "$out/classes" reflection >"$out/generator.log"
find "$out/sources" -name '*.java' >"$out/files"
"${java%java}javac" -proc:none -nowarn -cp "$classpath" -d "$out/classes" "@$out/files"
exec "$java" -cp "$out/classes:$classpath" org.openjdk.jmh.Main -jvmArgsAppend '--enable-native-access=ALL-UNNAMED -XX:+UseSerialGC' "$@"
