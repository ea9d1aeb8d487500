package dev.millrace.serving.api.tfserving.grpc;

import static dev.millrace.serving.api.tfserving.grpc.Refused.invalid;

import com.google.protobuf.Int64Value;
import dev.millrace.protocol.tfs.ModelSpec;
import dev.millrace.serving.api.edge.LiveLabels;
import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.lifecycle.ModelDescription;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The model that a message names.
 *
 * @param version absent for the live one
 */
record Servable(String model, @Nullable String version) {
  /** The only signature that a model has. */
  static final String SIGNATURE = "serving_default";

  /** Throws InferenceException where the specification cannot be met by any model. */
  static Servable of(ModelSpec spec, LiveLabels labels) {
    return switch (spec.getVersionChoiceCase()) {
      case VERSION -> new Servable(spec.getName(), Long.toString(spec.getVersion().getValue()));
      case VERSIONCHOICE_NOT_SET -> new Servable(spec.getName(), null);
      case VERSION_LABEL -> {
        if (!labels.has(spec.getVersionLabel())) {
          throw invalid(labels.refusal(spec.getName(), spec.getVersionLabel()));
        }
        yield new Servable(spec.getName(), null);
      }
    };
  }

  /** As {@link ModelCatalog#describe}, in the words of TensorFlow Serving. */
  ModelDescription describedBy(ModelCatalog catalog) {
    try {
      return catalog.describe(model, version);
    } catch (InferenceException e) {
      throw new InferenceException(inItsWords(e.failure()));
    }
  }

  InferenceFailure inItsWords(InferenceFailure failure) {
    return failure instanceof InferenceFailure.NotFound
        ? new InferenceFailure.NotFound("Servable not found for request: " + this)
        : failure;
  }

  /** What answered, for the client. */
  static ModelSpec spec(String model, String version) {
    var spec = ModelSpec.newBuilder().setName(model);
    number(version).ifPresent(number -> spec.setVersion(Int64Value.of(number)));
    return spec.build();
  }

  /** The version as the protocol has it; empty for one that is no number. */
  static OptionalLong number(String version) {
    try {
      return OptionalLong.of(Long.parseLong(version));
    } catch (NumberFormatException _) {
      return OptionalLong.empty();
    }
  }

  /** As TensorFlow Serving prints it, and its clients test for. */
  @Override
  public String toString() {
    return version == null ? "Latest(" + model + ")" : "Specific(" + model + ", " + version + ")";
  }
}
