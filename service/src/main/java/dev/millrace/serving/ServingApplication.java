package dev.millrace.serving;

/** Starts it. */
public final class ServingApplication {
  private ServingApplication() {}

  /** Entry point. */
  public static void main(String[] arguments) {
    System.out.println("service");
  }
}
