package dev.millrace.serving.api.json;

/**
 * A value of a request that a tensor cannot take. Whoever reads the list around it adds where it
 * was; {@link JsonBody} makes a refusal of it.
 */
public final class UnfitValueException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String place;
  private final String what;

  /** At the place where the reader is. */
  public UnfitValueException(String what) {
    this("", what);
  }

  private UnfitValueException(String place, String what) {
    super(what, null, false, false);
    this.place = place;
    this.what = what;
  }

  /** The same, of an element of a list. */
  public UnfitValueException at(long index) {
    return within("[" + index + "]");
  }

  /** The same, of a field of an object. */
  public UnfitValueException in(String field) {
    return within("." + field);
  }

  /** The same, below this name. */
  public UnfitValueException within(String before) {
    return new UnfitValueException(before + place, what);
  }

  /** For people: where it is, and what is wrong with it. */
  @Override
  public String getMessage() {
    return place.isEmpty() ? what : "Unable to read " + place + ": " + what;
  }
}
