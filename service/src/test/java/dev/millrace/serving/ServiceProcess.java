package dev.millrace.serving;

import dev.millrace.protocol.oip.GRPCInferenceServiceGrpc;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The service as a process of its own, on free ports unless told otherwise. */
final class ServiceProcess implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Pattern PORTS =
      Pattern.compile("http=http://127.0.0.1:(\\d+) grpc=127.0.0.1:(\\d+)");

  private final Process process;
  private final Path output;

  private ServiceProcess(Process process, Path output) {
    this.process = process;
    this.output = output;
  }

  static ServiceProcess start(Path folder, Map<String, String> environment) throws IOException {
    var output = folder.resolve("output.txt");
    var builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+UseSerialGC",
                "-Xmx512m",
                "-cp",
                classPath(),
                ServingApplication.class.getName())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("MILLRACE_"));
    for (var port : List.of("HTTP", "GRPC", "MANAGEMENT")) {
      builder.environment().put("MILLRACE_" + port + "_PORT", "0");
    }
    builder.environment().put("MILLRACE_REHEARSAL", "0s");
    builder.environment().put("MILLRACE_HOME", folder.resolve("home").toString());
    builder.environment().putAll(environment);
    return new ServiceProcess(builder.start(), output);
  }

  /** Without the tests, whose own logging would speak for the service. */
  private static String classPath() {
    var tests = ServiceProcess.class.getProtectionDomain().getCodeSource().getLocation().getPath();
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> !(entry + "/").equals(tests) && !entry.equals(tests))
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** Waits until it says that a version is available, and is ready. */
  void awaitVersion() {
    await(() -> output().contains("Version available"));
    await(() -> output().contains("is listening"));
    await(this::isReady);
  }

  private boolean isReady() {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port(1))) {
      socket.setSoTimeout((int) LIMIT.toMillis());
      var request = "GET /v2/health/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      var answer = socket.getInputStream().readAllBytes();
      return new String(answer, StandardCharsets.US_ASCII).startsWith("HTTP/1.1 200");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  ManagedChannel channel() {
    return NettyChannelBuilder.forAddress("127.0.0.1", port(2)).usePlaintext().build();
  }

  static GRPCInferenceServiceGrpc.GRPCInferenceServiceStub stub(ManagedChannel channel) {
    return GRPCInferenceServiceGrpc.newStub(channel)
        .withDeadlineAfter(LIMIT.toSeconds(), TimeUnit.SECONDS);
  }

  URI http(String path) {
    return URI.create("http://127.0.0.1:" + port(1) + path);
  }

  private int port(int group) {
    var matcher = PORTS.matcher(output());
    if (!matcher.find()) {
      throw new IllegalStateException("No ports in: " + output());
    }
    return Integer.parseInt(matcher.group(group));
  }

  /** The state of each of its threads, as Linux gives it, but those that have ended. */
  List<String> threadStats() throws IOException {
    var stats = new ArrayList<String>();
    try (var threads = Files.list(Path.of("/proc/" + process.pid() + "/task"))) {
      for (var thread : threads.toList()) {
        try {
          stats.add(Files.readString(thread.resolve("stat")));
        } catch (NoSuchFileException _) {
          // It has ended.
        }
      }
    }
    return stats;
  }

  /** SIGTERM. */
  void terminate() {
    process.destroy();
  }

  int awaitExit() throws InterruptedException {
    if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
      throw new IllegalStateException("Still running: " + output());
    }
    return process.exitValue();
  }

  String output() {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private void await(BooleanSupplier condition) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (!process.isAlive() || System.nanoTime() - start > LIMIT.toNanos()) {
        throw new IllegalStateException("Not so within " + LIMIT + ": " + output());
      }
      LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
