# The service process (HTTP 8080, gRPC 9000, management 8081). `k8s/images/build.sh` prepares the build context:
#   jre/  a Java 25 runtime made by jlink      app/  the jar, unpacked: lib/ and millrace-service-app.jar
# BASE_IMAGE is anything with glibc 2.36 or newer and libstdc++ (what Debian 12 has). For `build.sh --gpu` it also has CUDA
# and cuDNN on the library path; the driver comes from the node.
ARG BASE_IMAGE=debian:bookworm-slim
FROM ${BASE_IMAGE}

COPY jre /opt/jre
# The libraries change seldom, the process's own jar with each build: two layers.
COPY app/lib /opt/millrace/lib
COPY app/millrace-service-app.jar /opt/millrace/

# All state is below MILLRACE_HOME; natives (ONNX Runtime, Netty, SQLite, LibTorch) unpack to /tmp. With a read-only
# root file system both are mounts, and nothing else is written.
ENV MILLRACE_HOME=/var/lib/millrace
# What NVIDIA's container runtime hands in, where there is one: the driver's libraries for CUDA and NVML, and nvidia-smi.
ENV NVIDIA_DRIVER_CAPABILITIES=compute,utility
# CUDA numbers GPUs by their place on the bus, as the driver lists them, instead of the fastest first.
ENV CUDA_DEVICE_ORDER=PCI_BUS_ID
# Without it the JVM cannot write file names that are not ASCII.
ENV LANG=C.UTF-8
RUN mkdir -p /var/lib/millrace && chown 65534:65534 /var/lib/millrace
USER 65534:65534
WORKDIR /var/lib/millrace
EXPOSE 8080 8081 9000
STOPSIGNAL SIGTERM
# Exec form: the JVM is process 1 and gets the signal. More options: JDK_JAVA_OPTIONS.
ENTRYPOINT ["/opt/jre/bin/java", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-XX:+UseSerialGC", "-XX:+UseCompactObjectHeaders", "-XX:MaxRAMPercentage=50", "-XX:MaxNewSize=22m", "-XX:+ExitOnOutOfMemoryError", "-Djava.awt.headless=true", "-Djava.io.tmpdir=/tmp", "-jar", "/opt/millrace/millrace-service-app.jar"]
