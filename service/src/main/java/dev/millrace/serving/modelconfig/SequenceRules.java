package dev.millrace.serving.modelconfig;

import dev.millrace.protocol.modelconfig.ConfigSource;
import dev.millrace.protocol.oip.DataType;
import dev.millrace.protocol.oip.ModelSequenceBatching;
import dev.millrace.protocol.oip.ModelSequenceBatching.Control;
import dev.millrace.protocol.oip.ModelSequenceBatching.InitialState;
import dev.millrace.protocol.oip.ModelSequenceBatching.State;
import java.io.IOException;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;

/** What Triton refuses of sequence batching. */
final class SequenceRules {
  private static final String AT = "sequence_batching";
  private static final int MOST_CANDIDATES = 100_000;
  private static final Set<DataType> ID_TYPES =
      EnumSet.of(
          DataType.TYPE_UINT64,
          DataType.TYPE_INT64,
          DataType.TYPE_UINT32,
          DataType.TYPE_INT32,
          DataType.TYPE_STRING);

  private final String model;
  private final ConfigSource source;
  private final ModelSequenceBatching batching;

  SequenceRules(String model, ConfigSource source) {
    this.model = model;
    this.source = source;
    batching = source.config().getSequenceBatching();
  }

  void require() throws IOException {
    if (!source.config().hasSequenceBatching()) {
      return;
    }
    if (source.config().getInputCount() == 0 || source.config().getOutputCount() == 0) {
      throw refusal("", "needs the inputs and outputs that clients see: give 'input' and 'output'");
    }
    if (source.config().getResponseCache().getEnable()) {
      throw source.refusal(
          "response_cache",
          "an answer of a sequence depends on the requests before it, so none can be kept for "
              + model);
    }
    int candidates = batching.getOldest().getMaxCandidateSequences();
    if (candidates < 0 || candidates > MOST_CANDIDATES) {
      throw refusal(
          ".oldest.max_candidate_sequences",
          "is %d; it must be 1 to %d, or 0 for max_batch_size"
              .formatted(candidates, MOST_CANDIDATES));
    }
    requireDelays();
    requirePreferred();
    requireControls();
    for (int i = 0; i < batching.getStateCount(); i++) {
      requireState(batching.getState(i), ".state[" + i + "]");
    }
    requireUniqueNames();
  }

  private void requireDelays() throws IOException {
    if (BatchingRules.isLong(batching.getMaxSequenceIdleMicroseconds())) {
      throw refusal(".max_sequence_idle_microseconds", "the time is too long");
    }
    if (BatchingRules.isLong(batching.getDirect().getMaxQueueDelayMicroseconds())) {
      throw refusal(".direct.max_queue_delay_microseconds", "the time is too long");
    }
    if (BatchingRules.isLong(batching.getOldest().getMaxQueueDelayMicroseconds())) {
      throw refusal(".oldest.max_queue_delay_microseconds", "the time is too long");
    }
  }

  private void requirePreferred() throws IOException {
    for (int size : batching.getOldest().getPreferredBatchSizeList()) {
      if (size <= 0 || size > Math.max(source.config().getMaxBatchSize(), 1)) {
        throw refusal(
            ".oldest.preferred_batch_size",
            "sequence batching preferred size must be positive and <= max batch size for " + model);
      }
    }
  }

  private void requireControls() throws IOException {
    var kinds = EnumSet.noneOf(Control.Kind.class);
    for (int i = 0; i < batching.getControlInputCount(); i++) {
      var input = batching.getControlInput(i);
      var path = ".control_input[" + i + "]";
      if (input.getName().isEmpty()) {
        throw refusal(path, "sequence batching control tensor must have a name for " + model);
      }
      if (input.getControlCount() != 1) {
        throw refusal(
            path,
            "sequence batching control tensor '%s' must have exactly one control for %s"
                .formatted(input.getName(), model));
      }
      var control = input.getControl(0);
      if (control.getKind() == Control.Kind.UNRECOGNIZED) {
        throw refusal(path + ".control[0].kind", "is no kind of control");
      }
      if (!kinds.add(control.getKind())) {
        throw refusal(
            path,
            "sequence batching specifies multiple %s tensors for %s"
                .formatted(control.getKind(), model));
      }
      requireValues(control, path + ".control[0]");
    }
  }

  private void requireValues(Control control, String path) throws IOException {
    int sets =
        (control.getInt32FalseTrueCount() > 0 ? 1 : 0)
            + (control.getFp32FalseTrueCount() > 0 ? 1 : 0)
            + (control.getBoolFalseTrueCount() > 0 ? 1 : 0);
    if (control.getKind() == Control.Kind.CONTROL_SEQUENCE_CORRID) {
      if (sets > 0) {
        throw refusal(
            path,
            "sequence batching must not specify values for %s for %s"
                .formatted(control.getKind(), model));
      }
      if (!ID_TYPES.contains(control.getDataType())) {
        throw refusal(
            path + ".data_type",
            "unexpected data type for control %s; it must be TYPE_UINT64, TYPE_INT64, TYPE_UINT32, TYPE_INT32 or TYPE_STRING"
                .formatted(control.getKind()));
      }
      return;
    }
    if (sets != 1) {
      throw refusal(
          path,
          "sequence batching must specify either 'int32_false_true', 'fp32_false_true' or 'bool_false_true' for %s for %s"
              .formatted(control.getKind(), model));
    }
    int entries =
        control.getInt32FalseTrueCount()
            + control.getFp32FalseTrueCount()
            + control.getBoolFalseTrueCount();
    if (entries != 2) {
      throw refusal(
          path,
          "sequence batching control values must have exactly 2 entries for %s for %s"
              .formatted(control.getKind(), model));
    }
  }

  private void requireState(State state, String path) throws IOException {
    if (state.getInputName().isEmpty()) {
      throw refusal(path, "sequence state must have 'input_name' for " + model);
    }
    if (state.getOutputName().isEmpty()) {
      throw refusal(path, "sequence state must have 'output_name' for " + model);
    }
    if (state.getDataType() == DataType.TYPE_INVALID
        || state.getDataType() == DataType.UNRECOGNIZED) {
      throw refusal(path + ".data_type", "sequence state must specify 'data_type' for " + model);
    }
    if (state.getDimsList().stream().anyMatch(dimension -> dimension < 1 && dimension != -1)) {
      throw refusal(path + ".dims", "a dimension is 1 or more, or -1 for one that varies");
    }
    if (state.getInitialStateCount() > 1) {
      throw refusal(
          path + ".initial_state",
          "initial_state field for state input '%s' must contain exactly one or zero element. Found '%d' elements."
              .formatted(state.getInputName(), state.getInitialStateCount()));
    }
    for (var initial : state.getInitialStateList()) {
      requireInitial(state, initial, path + ".initial_state[0]");
    }
  }

  private void requireInitial(State state, InitialState initial, String path) throws IOException {
    if (initial.getName().isEmpty()) {
      throw refusal(
          path + ".name",
          "initial_state field for state input '%s' must have a name"
              .formatted(state.getInputName()));
    }
    if (initial.getDataType() != state.getDataType()) {
      throw refusal(
          path + ".data_type",
          "'%s' does not match the data_type field of the state input '%s'"
              .formatted(initial.getDataType(), state.getInputName()));
    }
    if (!fits(initial, state)) {
      throw refusal(
          path + ".dims",
          "the dimensions %s do not match those of the state input '%s', %s; none may be left open"
              .formatted(initial.getDimsList(), state.getInputName(), state.getDimsList()));
    }
    if (initial.getStateDataCase() == InitialState.StateDataCase.STATEDATA_NOT_SET) {
      throw refusal(
          path, "needs 'zero_data' or 'data_file' for state input '" + state.getInputName() + "'");
    }
  }

  private static boolean fits(InitialState initial, State state) {
    boolean fits = initial.getDimsCount() == state.getDimsCount();
    for (int i = 0; fits && i < state.getDimsCount(); i++) {
      long wanted = state.getDims(i);
      fits = initial.getDims(i) >= 1 && (wanted == -1 || wanted == initial.getDims(i));
    }
    return fits;
  }

  private void requireUniqueNames() throws IOException {
    var names = new HashSet<String>();
    source.config().getInputList().forEach(input -> names.add(input.getName()));
    for (var control : batching.getControlInputList()) {
      if (!names.add(control.getName())) {
        throw refusal(".control_input", "'%s' is an input already".formatted(control.getName()));
      }
    }
    for (var state : batching.getStateList()) {
      if (!names.add(state.getInputName())) {
        throw refusal(".state", "'%s' is an input already".formatted(state.getInputName()));
      }
    }
  }

  private IOException refusal(String path, String reason) {
    return source.refusal(AT + path, reason);
  }
}
