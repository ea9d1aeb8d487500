package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.failure.InferenceException;
import dev.millrace.serving.failure.InferenceFailure;
import dev.millrace.serving.lifecycle.VersionState;
import dev.millrace.serving.lifecycle.VersionStatus;
import dev.millrace.serving.repository.LoadPlace;
import dev.millrace.serving.repository.ModelControl;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A repository of {@code a}, {@code b} and {@code c} that notes what it is asked. */
final class FakeControl implements ModelControl {
  static final int LARGE_BYTES = 1_000;

  private final List<String> calls = new CopyOnWriteArrayList<>();

  List<String> calls() {
    return calls;
  }

  @Override
  public void load(String model) {
    if (model.equals("absent")) {
      throw new InferenceException(
          new InferenceFailure.NotFound("failed to load 'absent', no such model"));
    }
    calls.add("load " + model + " on " + (Thread.currentThread().isVirtual() ? "virtual" : "loop"));
  }

  @Override
  public LoadPlace admit(long bytes) {
    if (bytes < LARGE_BYTES) {
      return LoadPlace.NONE;
    }
    calls.add("place");
    return () -> calls.add("place given back");
  }

  @Override
  public void unload(String model) {
    calls.add("unload " + model);
  }

  @Override
  public List<VersionStatus> index() {
    return List.of(
        status("a", "1", VersionState.READY, ""),
        status("b", "2", VersionState.UNAVAILABLE, "unloaded"),
        status("c", "", VersionState.UNAVAILABLE, ""));
  }

  private static VersionStatus status(
      String model, String version, VersionState state, String reason) {
    return new VersionStatus(model, version, state, reason, true, "", Duration.ZERO, null);
  }
}
