package dev.millrace.trainer.evaluation;

import dev.millrace.trainer.evaluation.Verdict.Outcome;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Decides between a new version and the champion by their accuracy on the same held-out images.
 *
 * @param minimumImprovement the new accuracy has to be greater than the champion's by more than
 *     this; below 0 lets a worse version through
 * @param challengerMargin a version that fails, by at most this share, is a challenger
 */
public record Gate(double minimumImprovement, double challengerMargin) {
  /** A version and its accuracy on the held-out images. */
  public record Champion(String version, double accuracy) {}

  /** Refuses bounds no accuracy can meet. */
  public Gate {
    if (!(minimumImprovement >= -1 && minimumImprovement < 1)) {
      throw new IllegalArgumentException(
          "'gate.minimumImprovement' is %s; expected -1 to less than 1"
              .formatted(minimumImprovement));
    }
    if (!(challengerMargin >= 0 && challengerMargin <= 1)) {
      throw new IllegalArgumentException(
          "'gate.challengerMargin' is %s; expected 0 to 1".formatted(challengerMargin));
    }
  }

  /**
   * Judges an accuracy.
   *
   * @param champion null when there is none, and anything is better than nothing
   */
  public Verdict judge(double accuracy, @Nullable Champion champion, int images) {
    if (champion == null) {
      return new Verdict(
          Outcome.CHAMPION,
          "Promoted: accuracy %s on %d held-out images, and there was no champion."
              .formatted(number(accuracy), images));
    }
    if (accuracy > champion.accuracy() + minimumImprovement) {
      return new Verdict(
          Outcome.CHAMPION, "Promoted: " + compared(accuracy, champion, images) + ".");
    }
    if (accuracy >= champion.accuracy() - challengerMargin) {
      return new Verdict(
          Outcome.CHALLENGER,
          "Rejected, but kept as challenger: " + compared(accuracy, champion, images) + required());
    }
    return new Verdict(
        Outcome.NEITHER, "Rejected: " + compared(accuracy, champion, images) + required());
  }

  private String required() {
    return minimumImprovement == 0
        ? "; it has to be greater."
        : "; it has to be greater by more than %s.".formatted(number(minimumImprovement));
  }

  private static String compared(double accuracy, Champion champion, int images) {
    return "accuracy %s on %d held-out images against %s of champion version %s"
        .formatted(number(accuracy), images, number(champion.accuracy()), champion.version());
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }
}
