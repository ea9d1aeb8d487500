package dev.millrace.serving.fake;

import dev.millrace.serving.device.Device;
import dev.millrace.serving.runtime.DeviceMemoryException;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.runtime.ModelRuntime;
import dev.millrace.serving.runtime.RuntimeSettings;
import dev.millrace.serving.tensor.Signature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** Opens files that hold a number, the factor of a {@link FakeModel}; anything else is refused. */
public final class FakeRuntime implements ModelRuntime {
  /** In a thread's stat, counted from the end of the name. */
  private static final int NICENESS = 17;

  private final Signature signature;
  private final FakeDevices devices;
  private final List<FakeModel> opened = new CopyOnWriteArrayList<>();
  private final CountDownLatch nobodyWaits = new CountDownLatch(0);
  private final Map<Device, AtomicInteger> running = new ConcurrentHashMap<>();
  private final Map<Device, Integer> mostRunning = new ConcurrentHashMap<>();
  private final AtomicInteger atGate = new AtomicInteger();
  private volatile int lastNiceness;
  private volatile long bytesPerCopy;
  private volatile CountDownLatch gate = nobodyWaits;

  FakeRuntime(Signature signature, FakeDevices devices) {
    this.signature = signature;
    this.devices = devices;
  }

  @Override
  public boolean reads(Path modelFile) {
    return true;
  }

  @Override
  public String platform() {
    return "fake_numbers";
  }

  @Override
  public ExecutableModel open(Path modelFile, Device device, RuntimeSettings settings) {
    try {
      atGate.incrementAndGet();
      gate.await();
      atGate.decrementAndGet();
      lastNiceness = niceness();
      float factor = Float.parseFloat(Files.readString(modelFile));
      long bytes = bytesPerCopy;
      if (!devices.take(device, bytes)) {
        throw new ModelLoadException(
            "%s is out of memory".formatted(device.name()),
            new DeviceMemoryException("no memory", new IllegalStateException("fake")));
      }
      var model =
          new FakeModel(
              signature, factor, device, () -> devices.give(device, bytes), () -> pass(device));
      opened.add(model);
      return model;
    } catch (NumberFormatException e) {
      throw new ModelLoadException(
          "Cannot serve '%s': it holds no number".formatted(modelFile.getFileName()), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A run takes a moment, so that another one beside it is seen. */
  private void pass(Device device) {
    var now = running.computeIfAbsent(device, _ -> new AtomicInteger());
    mostRunning.merge(device, now.incrementAndGet(), Math::max);
    for (int i = 0; i < 300; i++) {
      Thread.onSpinWait();
    }
    now.decrementAndGet();
  }

  /** The most runs that were under way on a device at a time. */
  public int mostRunning(Device device) {
    return mostRunning.getOrDefault(device, 0);
  }

  /** Loads that wait for a gate. */
  public int atGate() {
    return atGate.get();
  }

  /** Loads that begin from now on do not wait. */
  public void openGate() {
    gate = nobodyWaits;
  }

  /** The niceness of the thread that opened a model last; 0 where the system does not tell. */
  public int lastNiceness() {
    return lastNiceness;
  }

  private static int niceness() throws IOException {
    var file = Path.of("/proc/thread-self/stat");
    if (!Files.isReadable(file)) {
      return 0;
    }
    var stat = Files.readString(file);
    return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 1).split(" ", -1)[NICENESS]);
  }

  /** What each copy takes that is opened from now on. */
  public void takes(long bytes) {
    bytesPerCopy = bytes;
  }

  /** Loads wait until it is counted down. */
  public CountDownLatch closeGate() {
    var closed = new CountDownLatch(1);
    gate = closed;
    return closed;
  }

  /** Every model ever opened, oldest first. */
  public List<FakeModel> opened() {
    return opened;
  }

  /** Those that are not closed. */
  public long openNow() {
    return opened.stream().filter(model -> !model.closed()).count();
  }
}
