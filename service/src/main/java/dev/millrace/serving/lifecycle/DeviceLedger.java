package dev.millrace.serving.lifecycle;

import dev.millrace.serving.device.Device;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What loaded models take of each device: first what a load is expected to take, then what it was
 * measured to take. Thread-safe.
 */
final class DeviceLedger {
  /** What a runtime needs beside the weights, for a model that was never measured. */
  private static final double FIRST_GUESS = 1.25;

  /** Guarded by this, as are the accounts in it. */
  private final Map<Device, Account> accounts = new HashMap<>();

  /** The last measurement of one copy; guarded by this. */
  private final Map<String, Long> measured = new HashMap<>();

  private static final class Account {
    private final ReentrantLock turn = new ReentrantLock();
    private long takenBytes;
    private long expectedBytes;
    private long releasedBytes;
    private int copies;
  }

  /** What one copy will take: what it took the last time, else a guess from its files. */
  synchronized long expected(String model, long fileBytes) {
    long guess = (long) Math.ceil(fileBytes * FIRST_GUESS);
    return Math.max(measured.getOrDefault(model, guess), fileBytes);
  }

  /** Remembers what one copy takes. */
  synchronized void learn(String model, long bytes) {
    measured.put(model, bytes);
  }

  /** Whether a copy was measured. */
  synchronized boolean knows(String model) {
    return measured.containsKey(model);
  }

  /** Forgets a model that nobody serves any more. */
  synchronized void forget(String model) {
    measured.remove(model);
  }

  /** Notes a copy that is about to be opened. */
  synchronized Holding reserve(Device device, long bytes) {
    var account = account(device);
    account.takenBytes += bytes;
    account.expectedBytes += bytes;
    account.copies++;
    return new Holding(device, bytes);
  }

  synchronized long takenBytes(Device device) {
    return account(device).takenBytes;
  }

  /** The part of it that is expected and may not be in use yet. */
  synchronized long expectedBytes(Device device) {
    return account(device).expectedBytes;
  }

  /**
   * What was given back since the start, less what came without being measured, so that a
   * measurement can leave it out.
   */
  synchronized long releasedBytes(Device device) {
    return account(device).releasedBytes;
  }

  synchronized int copies(Device device) {
    return account(device).copies;
  }

  /** Whoever measures a load holds it meanwhile, so that two loads are never counted together. */
  synchronized ReentrantLock turn(Device device) {
    return account(device).turn;
  }

  private Account account(Device device) {
    return accounts.computeIfAbsent(device, _ -> new Account());
  }

  /** One copy's part of a device, until it is closed. Guarded by the ledger. */
  final class Holding implements AutoCloseable {
    private final Device device;
    private long bytes;
    private boolean settled;
    private boolean closed;

    private Holding(Device device, long bytes) {
      this.device = device;
      this.bytes = bytes;
    }

    Device device() {
      return device;
    }

    long bytes() {
      synchronized (DeviceLedger.this) {
        return bytes;
      }
    }

    /** Replaces what was expected by what was measured. */
    void settle(long measuredBytes) {
      synchronized (DeviceLedger.this) {
        if (!closed && !settled) {
          var account = account(device);
          account.expectedBytes -= bytes;
          account.takenBytes += measuredBytes - bytes;
          bytes = measuredBytes;
          settled = true;
        }
      }
    }

    /** Takes what was expected for what it is, and leaves it out of measurements under way. */
    void settleUnmeasured() {
      synchronized (DeviceLedger.this) {
        if (!closed && !settled) {
          account(device).releasedBytes -= bytes;
          settle(bytes);
        }
      }
    }

    /** The memory is free again. Idempotent. */
    @Override
    public void close() {
      synchronized (DeviceLedger.this) {
        if (!closed) {
          closed = true;
          var account = account(device);
          account.takenBytes -= bytes;
          account.expectedBytes -= settled ? 0 : bytes;
          account.releasedBytes += settled ? bytes : 0;
          account.copies--;
        }
      }
    }
  }
}
