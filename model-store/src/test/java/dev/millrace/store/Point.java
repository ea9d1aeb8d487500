package dev.millrace.store;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Which points of MLflow's interface a test holds the store to; see docs/store.md. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.SOURCE)
public @interface Point {
  /** The numbers of the points. */
  int[] value();
}
