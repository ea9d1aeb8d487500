package dev.millrace.serving.lifecycle;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.millrace.serving.scheduling.ScheduledRequest;
import dev.millrace.serving.telemetry.ModelMeters;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.time.NanoClock;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The answers that one loaded version gave last, by the content of the request. It belongs to the
 * version, so a swap never answers with rows of the version before. The least used answers leave
 * when the memory is full. Any thread.
 *
 * <p>Requests are told apart by SHA-256 over shapes, values and wanted outputs: clients choose the
 * values, and with a hash for which two equal ones can be made, one client could plant an answer
 * for another. Comparing the values instead would keep every input in memory.
 */
public final class ResponseCache {
  /** What an entry and each of its tensors take beside the values. */
  private static final int ENTRY_BYTES = 256;

  private static final int TENSOR_BYTES = 160;

  private final long mostBytes;
  private final ModelMeters meters;
  private final NanoClock clock;
  private final Cache<ResponseKey, Entry> entries;

  /** What is known of a request. */
  public sealed interface Lookup {
    /**
     * The same was answered before.
     *
     * @param outputs those asked for, in memory that stays as it is
     */
    record Hit(List<Tensor> outputs) implements Lookup {}

    /** It has to be computed. */
    record Miss(ResponseCache cache, ResponseKey key) implements Lookup {
      /** Copies the answer, for the next who asks the same. */
      public void keep(List<Tensor> outputs) {
        cache.keep(key, outputs);
      }
    }
  }

  private record Entry(List<Tensor> outputs, int bytes) {}

  private ResponseCache(long mostBytes, ModelMeters meters, NanoClock clock) {
    this.mostBytes = mostBytes;
    this.meters = meters;
    this.clock = clock;
    entries =
        Caffeine.newBuilder()
            .maximumWeight(mostBytes)
            .<ResponseKey, Entry>weigher((_, entry) -> entry.bytes())
            // What falls out is only forgotten, which no other thread needs to do.
            .executor(Runnable::run)
            .build();
  }

  /** One that holds so many bytes; none for 0. */
  static @Nullable ResponseCache of(long mostBytes, ModelMeters meters, NanoClock clock) {
    return mostBytes > 0 ? new ResponseCache(mostBytes, meters, clock) : null;
  }

  /** Looks a request up, which has been checked against the signature, and counts what is found. */
  public Lookup look(ScheduledRequest request) {
    long startedNanos = clock.nanos();
    var key = ResponseKey.of(request);
    var entry = entries.getIfPresent(key);
    long nanos = clock.nanos() - startedNanos;
    if (entry == null) {
      meters.cacheMissed(nanos);
      return new Lookup.Miss(this, key);
    }
    meters.cacheHit(nanos);
    return new Lookup.Hit(entry.outputs());
  }

  /** A place for the answer to a request that wants it computed anew, whatever is known. */
  public Lookup.Miss renew(ScheduledRequest request) {
    return new Lookup.Miss(this, ResponseKey.of(request));
  }

  private void keep(ResponseKey key, List<Tensor> outputs) {
    long startedNanos = clock.nanos();
    long bytes = ENTRY_BYTES;
    for (var output : outputs) {
      bytes += TENSOR_BYTES + output.data().remaining();
    }
    if (bytes <= Math.min(mostBytes, Integer.MAX_VALUE)) {
      entries.put(key, new Entry(copied(outputs), (int) bytes));
    }
    meters.cacheFilled(clock.nanos() - startedNanos);
  }

  /** On the heap, where what is forgotten goes with the next collection. */
  private static List<Tensor> copied(List<Tensor> outputs) {
    var copies = new ArrayList<Tensor>(outputs.size());
    for (var output : outputs) {
      var data = ByteBuffer.allocate(output.data().remaining()).order(ByteOrder.LITTLE_ENDIAN);
      data.put(0, output.data(), output.data().position(), output.data().remaining());
      copies.add(new Tensor(output.name(), output.type(), output.shape(), data));
    }
    return List.copyOf(copies);
  }
}
