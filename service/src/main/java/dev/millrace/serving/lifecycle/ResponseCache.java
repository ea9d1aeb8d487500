package dev.millrace.serving.lifecycle;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Policy.CacheEntry;
import com.github.benmanes.caffeine.cache.Policy.Eviction;
import com.github.benmanes.caffeine.cache.RemovalCause;
import dev.millrace.serving.scheduling.ScheduledRequest;
import dev.millrace.serving.telemetry.ModelMeters;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.time.NanoClock;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The answers that one loaded version gave last, by the content of the request. It belongs to the
 * version, so a swap never answers with rows of the version before. The least used answers leave
 * when its memory is full, or that of all caches together ({@link ResponseCaches}). Any thread.
 *
 * <p>Requests are told apart by SHA-256 over shapes, values and wanted outputs: clients choose the
 * values, and with a hash for which two equal ones can be made, one client could plant an answer
 * for another. Comparing the values instead would keep every input in memory.
 */
public final class ResponseCache implements AutoCloseable {
  /** What an entry and each of its tensors take beside the values. */
  private static final int ENTRY_BYTES = 256;

  private static final int TENSOR_BYTES = 160;

  private final long mostBytes;
  private final ResponseCaches all;
  private final ModelMeters meters;
  private final NanoClock clock;
  private final Cache<ResponseKey, Entry> entries;
  private final Eviction<ResponseKey, Entry> eviction;
  private final AtomicLong bytes = new AtomicLong();
  private volatile boolean closed;

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

  /** Use {@link ResponseCaches#open}. */
  ResponseCache(long mostBytes, ResponseCaches all, ModelMeters meters, NanoClock clock) {
    this.mostBytes = mostBytes;
    this.all = all;
    this.meters = meters;
    this.clock = clock;
    entries =
        Caffeine.newBuilder()
            .maximumWeight(mostBytes)
            .<ResponseKey, Entry>weigher((_, entry) -> entry.bytes())
            // What falls out is only forgotten, which no other thread needs to do.
            .executor(Runnable::run)
            .removalListener(this::forgotten)
            .build();
    eviction = entries.policy().eviction().orElseThrow();
  }

  long mostBytes() {
    return mostBytes;
  }

  /** What its answers take now. */
  long bytes() {
    return bytes.get();
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
    long entryBytes = ENTRY_BYTES;
    for (var output : outputs) {
      entryBytes += TENSOR_BYTES + output.data().remaining();
    }
    if (entryBytes <= Math.min(mostBytes, Integer.MAX_VALUE)) {
      all.take(entryBytes);
      put(key, new Entry(copied(outputs), (int) entryBytes));
    }
    meters.cacheFilled(clock.nanos() - startedNanos);
  }

  private void put(ResponseKey key, Entry entry) {
    bytes.addAndGet(entry.bytes());
    meters.cacheHolds(entry.bytes());
    entries.put(key, entry);
    if (closed) {
      entries.invalidate(key);
    }
  }

  /** Called once for each entry that leaves, whatever the reason. */
  private void forgotten(@Nullable ResponseKey key, @Nullable Entry entry, RemovalCause cause) {
    if (entry == null) {
      return;
    }
    bytes.addAndGet(-entry.bytes());
    meters.cacheHolds(-entry.bytes());
    all.give(entry.bytes());
    if (cause.wasEvicted()) {
      meters.cacheEvicted(1);
    }
  }

  /** Forgets the coldest answers that take so many bytes together, or all. */
  void shrink(long fewerBytes) {
    var coldest = eviction.coldest(answers -> coldest(answers.iterator(), fewerBytes));
    entries.invalidateAll(coldest);
    meters.cacheEvicted(coldest.size());
  }

  private static List<ResponseKey> coldest(
      Iterator<CacheEntry<ResponseKey, Entry>> answers, long bytes) {
    var coldest = new ArrayList<ResponseKey>();
    long sum = 0;
    while (sum < bytes && answers.hasNext()) {
      var answer = answers.next();
      coldest.add(answer.getKey());
      sum += answer.weight();
    }
    return coldest;
  }

  /** Gives its memory back. Idempotent. */
  @Override
  public void close() {
    closed = true;
    all.leave(this);
    entries.invalidateAll();
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
