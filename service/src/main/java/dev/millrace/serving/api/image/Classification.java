package dev.millrace.serving.api.image;

import java.util.List;

/**
 * What a model sees in a picture, as it goes out in JSON.
 *
 * @param top the most probable classes, the first of which is the answer
 */
record Classification(
    String model, String version, String label, float probability, List<LabelledClass> top) {
  /** One class and how probable it is. */
  record LabelledClass(String label, float probability) {}
}
