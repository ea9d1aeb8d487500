package dev.millrace.serving.scheduling;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a request has to do with the response cache of its model, in the words of HTTP's
 * Cache-Control (RFC 9111, section 5.2.1). Later ones are stricter.
 */
public enum CacheUse {
  /** It may be answered from the cache, and its answer may be kept. */
  FULL,
  /** {@code no-cache}: the model runs, and the answer is kept in place of the one before. */
  REFRESH,
  /** {@code no-store}: the model runs, and the answer is not kept. */
  NONE;

  /** The parameter of a request that says so. */
  public static final String PARAMETER = "cache_control";

  /** What a header says, null where there is none; what it says of other things is ignored. */
  public static CacheUse ofHeader(@Nullable String cacheControl) {
    var use = FULL;
    if (cacheControl != null) {
      for (var directive : cacheControl.split(",", -1)) {
        use = use.and(ofDirective(directive.strip().toLowerCase(Locale.ROOT)));
      }
    }
    return use;
  }

  /**
   * What the parameter {@value #PARAMETER} says.
   *
   * @throws InferenceException with Invalid where it says anything else
   */
  public static CacheUse ofParameter(String cacheControl) {
    var use = ofDirective(cacheControl);
    if (use == FULL) {
      throw new InferenceException(
          new InferenceFailure.Invalid(
              "Parameter '%s' is '%s'; it must be 'no-cache' to have the answer computed anew, or 'no-store' not to have it kept either."
                  .formatted(PARAMETER, cacheControl)));
    }
    return use;
  }

  private static CacheUse ofDirective(String directive) {
    return switch (directive) {
      case "no-cache" -> REFRESH;
      case "no-store" -> NONE;
      default -> FULL;
    };
  }

  /** The stricter of both. */
  public CacheUse and(CacheUse other) {
    return compareTo(other) < 0 ? other : this;
  }
}
