package dev.millrace.serving.device;

import dev.millrace.serving.time.NanoClock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Asks the driver through the program {@code nvidia-smi}, for machines where NVML cannot be loaded.
 * It does not tell the memory of MIG instances, so theirs is that of their GPU, divided.
 */
final class NvidiaSmiDriver implements GpuDriver {
  private static final String FIELDS =
      "uuid,memory.total,memory.used,utilization.gpu,power.draw,power.limit,ecc.errors.uncorrected.volatile.total";
  private static final int FIELD_COUNT = 7;
  private static final Pattern GPU_LINE =
      Pattern.compile("GPU (\\d+): (.+) \\(UUID: (GPU-[^)]+)\\)");
  private static final Pattern MIG_LINE =
      Pattern.compile("\\s+MIG (\\S+).*\\(UUID: (MIG-[^)]+)\\)");
  private static final double PERCENT = 1e-2;
  private static final long FRESH_NANOS = 100_000_000;

  private final String program;
  private final Duration limit;
  private final NanoClock clock;
  private final List<Gpu> gpus;

  /** Guarded by this. */
  private @Nullable String answer;

  /** Guarded by this. */
  private long answeredNanos;

  private NvidiaSmiDriver(String program, Duration limit, NanoClock clock, List<Gpu> gpus) {
    this.program = program;
    this.limit = limit;
    this.clock = clock;
    this.gpus = gpus;
  }

  /** Runs the program once; empty where there is none, or it lists no GPU within the limit. */
  static Optional<GpuDriver> start(String program, Duration limit, NanoClock clock) {
    var listed = listed(output(limit, program, "-L").orElse(""));
    return listed.isEmpty()
        ? Optional.empty()
        : Optional.of(new NvidiaSmiDriver(program, limit, clock, listed));
  }

  /** The GPUs and MIG instances of {@code nvidia-smi -L}. */
  static List<Gpu> listed(String text) {
    var gpus = new ArrayList<Gpu>();
    Gpu last = null;
    for (var line : text.lines().toList()) {
      var whole = GPU_LINE.matcher(line);
      var instance = MIG_LINE.matcher(line);
      if (whole.matches()) {
        last = new Gpu(Integer.parseInt(whole.group(1)), whole.group(3), whole.group(2), null);
        gpus.add(last);
      } else if (last != null && instance.matches()) {
        gpus.add(
            new Gpu(
                last.index(),
                instance.group(2),
                last.name() + " MIG " + instance.group(1),
                last.uuid()));
      }
    }
    return List.copyOf(gpus);
  }

  @Override
  public String name() {
    return "nvidia-smi";
  }

  @Override
  public List<Gpu> gpus() {
    return gpus;
  }

  @Override
  public GpuReading read(Gpu gpu) {
    var said = recentFigures();
    var whole = gpu.parentUuid() == null ? gpu.uuid() : gpu.parentUuid();
    return said.lines()
        .map(line -> line.split(",", -1))
        .filter(fields -> fields.length == FIELD_COUNT && fields[0].strip().equals(whole))
        .map(fields -> reading(fields, shares(gpu)))
        .findFirst()
        .orElseThrow(() -> lost(gpu, said));
  }

  /** One answer tells of all GPUs, and whoever places a model asks for each of them in turn. */
  private synchronized String recentFigures() {
    var recent = answer;
    if (recent == null || clock.nanos() - answeredNanos > FRESH_NANOS) {
      // Asked twice: on a busy machine one answer may come too late, and all its models would move.
      recent = figures().or(this::figures).orElse("");
      answer = recent;
      answeredNanos = clock.nanos();
    }
    return recent;
  }

  private Optional<String> figures() {
    return output(limit, program, "--query-gpu=" + FIELDS, "--format=csv,noheader,nounits");
  }

  private static GpuLostException lost(Gpu gpu, String answer) {
    return new GpuLostException(
        "GPU %s is lost: nvidia-smi lists it no more%s"
            .formatted(
                gpu.uuid(),
                answer
                    .lines()
                    .filter(line -> line.contains("lost"))
                    .findFirst()
                    .map(line -> " and says: " + line)
                    .orElse("")));
  }

  private long shares(Gpu gpu) {
    return gpu.isMigInstance()
        ? gpus.stream()
            .filter(other -> Objects.equals(gpu.parentUuid(), other.parentUuid()))
            .count()
        : 1;
  }

  private static GpuReading reading(String[] fields, long shares) {
    return new GpuReading(
        new DeviceMemory(mebibytes(fields[1]) / shares, mebibytes(fields[2]) / shares),
        number(fields[3]) * PERCENT,
        number(fields[4]),
        number(fields[5]),
        Double.NaN,
        Double.isNaN(number(fields[6])) ? 0 : (long) number(fields[6]));
  }

  private static long mebibytes(String field) {
    double number = number(field);
    return Double.isNaN(number) ? 0 : (long) number << 20;
  }

  /** NaN for {@code [N/A]} and the like. */
  private static double number(String field) {
    try {
      return Double.parseDouble(field.strip());
    } catch (NumberFormatException _) {
      return Double.NaN;
    }
  }

  /** What the program prints; empty when it is not there, fails or takes too long. */
  private static Optional<String> output(Duration limit, String... command) {
    Process process = null;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      return awaited(process, limit);
    } catch (IOException _) {
      return Optional.empty();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    } finally {
      kill(process);
    }
  }

  /** Its output is a few kilobytes, which a pipe holds, so it is read after the end. */
  private static Optional<String> awaited(Process process, Duration limit)
      throws IOException, InterruptedException {
    return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS) && process.exitValue() == 0
        ? Optional.of(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        : Optional.empty();
  }

  private static void kill(@Nullable Process process) {
    if (process != null) {
      process.destroyForcibly();
    }
  }
}
