package dev.millrace.serving.conformance;

import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Makes a test, or all of a class, a line of the table in {@code docs/protocols.md}. */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
@Repeatable(Conforms.All.class)
public @interface Conforms {
  /** The protocol. */
  Protocol to();

  /** What of it the test proves, as a client's author would look for it. */
  String with();

  /** Several lines for one test. */
  @Retention(RetentionPolicy.RUNTIME)
  @Target({ElementType.METHOD, ElementType.TYPE})
  @interface All {
    /** The lines. */
    Conforms[] value();
  }
}
