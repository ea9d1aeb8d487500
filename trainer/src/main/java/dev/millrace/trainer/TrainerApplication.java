package dev.millrace.trainer;

/** Starts it. */
public final class TrainerApplication {
  private TrainerApplication() {}

  /** Entry point. */
  public static void main(String[] arguments) {
    System.out.println("trainer");
  }
}
