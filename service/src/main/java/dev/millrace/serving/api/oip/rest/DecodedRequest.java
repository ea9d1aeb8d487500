package dev.millrace.serving.api.oip.rest;

import dev.millrace.serving.api.sharedmemory.RegionPart;
import dev.millrace.serving.inference.InferenceRequest;
import dev.millrace.serving.inference.WantedClasses;
import dev.millrace.serving.scheduling.CacheUse;
import dev.millrace.serving.scheduling.SequenceTag;
import dev.millrace.serving.tensor.Tensor;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An infer request taken out of its body, with the memory that its tensors lie in. Close it once
 * the engine has replied. One thread.
 */
final class DecodedRequest implements AutoCloseable {
  private final List<ByteBuf> memory = new ArrayList<>(2);
  private final List<Tensor> inputs = new ArrayList<>(2);
  private final List<RequestedOutput> outputs = new ArrayList<>(0);
  private @Nullable String id;
  private boolean binaryOutputs;
  private int priority;
  private CacheUse cacheUse = CacheUse.FULL;
  private long timeoutNanos;
  private SequenceTag.@Nullable Id sequence;
  private boolean startsSequence;
  private boolean endsSequence;

  /** Takes over one reference, which {@link #close} gives back. */
  void owns(ByteBuf buffer) {
    memory.add(buffer);
  }

  /** The memory of its tensors. */
  long bytes() {
    long bytes = 0;
    for (var buffer : memory) {
      bytes += buffer.capacity();
    }
    return bytes;
  }

  void add(Tensor input) {
    inputs.add(input);
  }

  void add(RequestedOutput output) {
    outputs.add(output);
  }

  void identify(String text) {
    id = text.isEmpty() ? null : text;
  }

  void answerInBinary(boolean binary) {
    binaryOutputs = binary;
  }

  void prioritise(int level) {
    priority = level;
  }

  /** Of what header and parameters say, the strictest holds. */
  void restrict(CacheUse use) {
    cacheUse = cacheUse.and(use);
  }

  void limit(long nanos) {
    timeoutNanos = nanos;
  }

  void inSequence(SequenceTag.@Nullable Id sequenceId) {
    sequence = sequenceId;
  }

  void startsSequence(boolean starts) {
    startsSequence = starts;
  }

  void endsSequence(boolean ends) {
    endsSequence = ends;
  }

  /** What the client calls the request; echoed. */
  @Nullable String id() {
    return id;
  }

  List<Tensor> inputs() {
    return inputs;
  }

  List<RequestedOutput> outputs() {
    return outputs;
  }

  /** Where in shared memory the client wants this output; null for in the answer. */
  @Nullable RegionPart part(String output) {
    for (var requested : outputs) {
      if (requested.name().equals(output)) {
        return requested.part();
      }
    }
    return null;
  }

  /** Whether the client wants this output as binary data. */
  boolean wantsBinary(String output) {
    for (var requested : outputs) {
      if (requested.name().equals(output) && requested.form() != RequestedOutput.Form.UNSAID) {
        return requested.form() == RequestedOutput.Form.BINARY;
      }
    }
    return binaryOutputs;
  }

  /** The outputs that are wanted as classes. */
  WantedClasses classes() {
    var classes = WantedClasses.NONE;
    for (var output : outputs) {
      if (output.classes() > 0) {
        classes = classes.and(output.name(), output.classes());
      }
    }
    return classes;
  }

  /** What the engine is asked, with a deadline counted from now. */
  InferenceRequest toInference(String model, @Nullable String version, long nowNanos) {
    long deadline = timeoutNanos == 0 ? Long.MAX_VALUE : nowNanos + timeoutNanos;
    return new InferenceRequest(
        model, version, inputs, outputNames(), deadline, priority, cacheUse, sequenceTag());
  }

  private @Nullable SequenceTag sequenceTag() {
    return sequence == null ? null : new SequenceTag(sequence, startsSequence, endsSequence);
  }

  @Override
  public void close() {
    for (var buffer : memory) {
      buffer.release();
    }
    memory.clear();
    for (var output : outputs) {
      var part = output.part();
      if (part != null) {
        part.close();
      }
    }
  }

  private List<String> outputNames() {
    if (outputs.isEmpty()) {
      return List.of();
    }
    var names = new ArrayList<String>(outputs.size());
    for (var output : outputs) {
      names.add(output.name());
    }
    return names;
  }
}
