package dev.millrace.serving.api.sharedmemory;

import static dev.millrace.serving.api.sharedmemory.Refusals.invalid;
import static dev.millrace.serving.api.sharedmemory.Refusals.notFound;
import static dev.millrace.serving.api.sharedmemory.Refusals.notRegistered;

import dev.millrace.serving.tensor.DataType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The regions that clients have registered, of both protocols; none where the operator has not
 * allowed it. Thread-safe.
 */
public final class SharedRegions implements AutoCloseable {
  /** Each takes a file descriptor. Those count as well that only requests under way still use. */
  static final int MOST_REGIONS = 1_024;

  private static final int MOST_NAME_CHARACTERS = 256;

  private final @Nullable RegionFiles files;
  private final Map<String, Region> regions = new ConcurrentSkipListMap<>();
  private final AtomicInteger openFiles = new AtomicInteger();

  private SharedRegions(@Nullable RegionFiles files) {
    this.files = files;
  }

  /** Shared memory is off. */
  public static SharedRegions off() {
    return new SharedRegions(null);
  }

  /**
   * Shared memory is allowed.
   *
   * @param folder where its objects lie as files, {@code /dev/shm}
   * @throws IOException where there is no such folder
   */
  public static SharedRegions in(Path folder) throws IOException {
    return new SharedRegions(new RegionFiles(folder.toRealPath()));
  }

  /** Whether the operator has allowed shared memory. */
  public boolean allowed() {
    return files != null;
  }

  /**
   * Opens a shared memory object as a region. May wait for others that do so: not for event loops.
   *
   * @throws dev.millrace.serving.failure.InferenceException with Unsupported where shared memory is
   *     off; with Invalid where there is such a region already, or no such object
   */
  public synchronized void register(RegionDescription wanted) {
    if (files == null) {
      throw SharedMemory.SYSTEM.off();
    }
    check(wanted);
    if (regions.containsKey(wanted.name())) {
      throw invalid("shared memory region '%s' already in manager".formatted(wanted.name()));
    }
    if (openFiles.get() >= MOST_REGIONS) {
      throw invalid(
          "shared memory region '%s' is one more than the %d that can be registered. Unregister others first."
              .formatted(wanted.name(), MOST_REGIONS));
    }
    var file = files.open(wanted);
    openFiles.incrementAndGet();
    regions.put(wanted.name(), new Region(wanted, file, openFiles::decrementAndGet));
  }

  private static void check(RegionDescription wanted) {
    if (wanted.name().isEmpty()) {
      throw invalid("'region name' is necessary to register system shared memory region");
    }
    if (wanted.name().length() > MOST_NAME_CHARACTERS) {
      throw invalid(
          "The name of the shared memory region has %d characters; at most %d are allowed."
              .formatted(wanted.name().length(), MOST_NAME_CHARACTERS));
    }
    if (wanted.offset() < 0 || wanted.byteSize() < 1) {
      throw notRegistered(
          wanted.name(),
          "offset %d and byte_size %d have to be whole numbers below 2^63, byte_size 1 or more"
              .formatted(wanted.offset(), wanted.byteSize()));
    }
  }

  /**
   * What is registered under a name, everything under the empty one.
   *
   * @throws dev.millrace.serving.failure.InferenceException with NotFound
   */
  public List<RegionDescription> status(String name) {
    if (!allowed()) {
      SharedMemory.SYSTEM.requireNoName(name);
    }
    if (name.isEmpty()) {
      return regions.values().stream().map(Region::description).toList();
    }
    var region = regions.get(name);
    if (region == null) {
      throw notFound("Unable to find system shared memory region: '%s'".formatted(name));
    }
    return List.of(region.description());
  }

  /**
   * Forgets a region, all regions with the empty name. Requests under way that use it go on doing
   * so; a name that nobody registered is no failure.
   */
  public void unregister(String name) {
    if (name.isEmpty()) {
      regions.keySet().forEach(this::remove);
    } else {
      remove(name);
    }
  }

  private void remove(String name) {
    var region = regions.remove(name);
    if (region != null) {
      region.leave();
    }
  }

  /**
   * The part of a region where a tensor lies. Never waits.
   *
   * @throws dev.millrace.serving.failure.InferenceException with NotFound where there is no such
   *     region; with Invalid where the place does not lie inside it
   */
  public RegionPart part(SharedPlace place) {
    var region = regions.get(place.region());
    if (region == null) {
      throw unknown(place);
    }
    checkInside(place, region.description().byteSize());
    if (!region.use()) {
      throw unknown(place);
    }
    return new RegionPart(region, place);
  }

  /**
   * An input that lies in a region.
   *
   * @param count of its elements
   * @throws dev.millrace.serving.failure.InferenceException as {@link #part}, and with Invalid
   *     where so many elements do not lie there
   */
  public SharedInput input(
      String model, String name, DataType type, long count, SharedPlace place) {
    return SharedInput.of(part(place), model, name, type, count);
  }

  private static void checkInside(SharedPlace place, long regionBytes) {
    long offset = place.offset();
    if (Long.compareUnsigned(offset, regionBytes) >= 0) {
      throw invalid("Invalid offset for shared memory region: '%s'".formatted(place.region()));
    }
    if (Long.compareUnsigned(place.byteSize(), -1L - offset) > 0) {
      throw invalid(
          "Integer overflow detected: byte_size (%s) + offset (%s) exceeds maximum value (%s) for region '%s'"
              .formatted(
                  Long.toUnsignedString(place.byteSize()),
                  Long.toUnsignedString(offset),
                  Long.toUnsignedString(-1L),
                  place.region()));
    }
    if (Long.compareUnsigned(place.byteSize(), regionBytes - offset) > 0) {
      throw invalid(
          "Invalid offset + byte size for shared memory region: '%s'".formatted(place.region()));
    }
  }

  private static RuntimeException unknown(SharedPlace place) {
    return notFound("Unable to find shared memory region: '%s'".formatted(place.region()));
  }

  /** How many files are open; for tests. */
  int openFiles() {
    return openFiles.get();
  }

  /** Forgets all regions. */
  @Override
  public void close() {
    unregister("");
  }
}
