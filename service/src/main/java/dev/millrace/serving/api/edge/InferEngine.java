package dev.millrace.serving.api.edge;

import dev.millrace.serving.inference.InferenceReply;
import dev.millrace.serving.inference.InferenceRequest;
import dev.millrace.serving.inference.InferenceService;
import dev.millrace.serving.lifecycle.ModelCatalog;
import dev.millrace.serving.lifecycle.ModelDescription;
import dev.millrace.serving.telemetry.FailureReason;
import org.jspecify.annotations.Nullable;

/** What the routes that infer over HTTP need of the engine. */
public interface InferEngine {
  /** As {@link InferenceService#infer}. */
  void infer(InferenceRequest request, InferenceReply reply);

  /** As {@link ModelCatalog#describe}. */
  ModelDescription describe(String model, @Nullable String version);

  /** As {@link InferenceService#countRefused}. */
  void countRefused(String model, @Nullable String version, FailureReason reason);

  /** The engine of this process. */
  static InferEngine of(InferenceService inference, ModelCatalog catalog) {
    return new InferEngine() {
      @Override
      public void infer(InferenceRequest request, InferenceReply reply) {
        inference.infer(request, reply);
      }

      @Override
      public ModelDescription describe(String model, @Nullable String version) {
        return catalog.describe(model, version);
      }

      @Override
      public void countRefused(String model, @Nullable String version, FailureReason reason) {
        inference.countRefused(model, version, reason);
      }
    };
  }
}
