package dev.millrace.store.run;

import dev.millrace.protocol.mlflow.Dataset;
import dev.millrace.protocol.mlflow.DatasetInput;
import dev.millrace.protocol.mlflow.Tag;
import dev.millrace.store.failure.StoreException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How large the description of a data set may be. */
final class DatasetLimits {
  private static final int MOST = 1_000;
  private static final int MAX_NAME = 500;
  private static final int MAX_DIGEST = 36;
  private static final int MAX_SOURCE_TYPE = 36;
  private static final int MAX_SOURCE = 65_535;
  private static final int MAX_SCHEMA = 1_048_575;
  private static final int MAX_PROFILE = 16_777_215;
  private static final int MAX_TAG_KEY = 255;
  private static final int MAX_TAG_VALUE = 500;

  private DatasetLimits() {}

  static void check(List<DatasetInput> inputs) {
    if (inputs.size() > MOST) {
      throw StoreException.invalid(
          "A request can log at most %s datasets. Got %s. Send them in several requests."
              .formatted(MOST, inputs.size()));
    }
    for (DatasetInput input : inputs) {
      check(input.dataset());
      for (Tag tag : input.tags()) {
        require("tag key", tag.key(), MAX_TAG_KEY);
        require("tag value", tag.value(), MAX_TAG_VALUE);
      }
    }
  }

  private static void check(Dataset dataset) {
    require("name", dataset.name(), MAX_NAME);
    require("digest", dataset.digest(), MAX_DIGEST);
    require("source_type", dataset.sourceType(), MAX_SOURCE_TYPE);
    require("source", dataset.source(), MAX_SOURCE);
    require("schema", dataset.schema(), MAX_SCHEMA);
    require("profile", dataset.profile(), MAX_PROFILE);
  }

  private static void require(String field, @Nullable String text, int most) {
    if (text != null && text.length() > most) {
      throw StoreException.invalid(
          "Dataset %s exceeds the maximum length of %s. Got length %s."
              .formatted(field, most, text.length()));
    }
  }
}
