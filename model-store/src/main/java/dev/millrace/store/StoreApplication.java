package dev.millrace.store;

/** Starts it. */
public final class StoreApplication {
  private StoreApplication() {}

  /** Entry point. */
  public static void main(String[] arguments) {
    System.out.println("model-store");
  }
}
