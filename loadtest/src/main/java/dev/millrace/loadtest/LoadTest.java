package dev.millrace.loadtest;

/** Starts it. */
public final class LoadTest {
  private LoadTest() {}

  /** Entry point. */
  public static void main(String[] arguments) {
    System.out.println("loadtest");
  }
}
