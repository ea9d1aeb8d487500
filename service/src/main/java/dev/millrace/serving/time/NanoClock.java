package dev.millrace.serving.time;

/** The monotonic clock that deadlines and delays are measured on. */
@FunctionalInterface
public interface NanoClock {
  /** The clock of the machine. */
  NanoClock SYSTEM = System::nanoTime;

  /** Nanoseconds since an arbitrary origin; compare only differences. */
  long nanos();
}
