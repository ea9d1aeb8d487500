package dev.millrace.serving.modelconfig;

import dev.millrace.protocol.oip.ModelWarmup;
import dev.millrace.serving.runtime.DeviceMemoryException;
import dev.millrace.serving.runtime.ExecutableModel;
import dev.millrace.serving.runtime.ModelLoadException;
import dev.millrace.serving.runtime.ModelRunException;
import dev.millrace.serving.tensor.DataType;
import dev.millrace.serving.tensor.Shape;
import dev.millrace.serving.tensor.Tensor;
import dev.millrace.serving.tensor.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The requests of {@code model_warmup}, which each copy of a model answers before clients ask. */
public final class WarmUpRequests {
  private static final Logger log = LoggerFactory.getLogger(WarmUpRequests.class);
  private static final String FOLDER = "warmup";
  private static final long MOST_BYTES = 1L << 30;

  private final DeclaredConfig declared;
  private final ExecutableModel model;

  private WarmUpRequests(DeclaredConfig declared, ExecutableModel model) {
    this.declared = declared;
    this.model = model;
  }

  /**
   * Runs all of them, each as often as it says.
   *
   * @param model as its configuration declares it
   * @throws ModelLoadException where one cannot be made; one that the model fails is logged
   */
  public static void run(DeclaredConfig declared, ExecutableModel model) {
    var requests = new WarmUpRequests(declared, model);
    for (var warmUp : declared.message().getModelWarmupList()) {
      // Triton skips samples without rows.
      if (warmUp.getBatchSize() != 0) {
        requests.run(warmUp);
      }
    }
  }

  private void run(ModelWarmup warmUp) {
    var inputs = inputs(warmUp);
    int rounds = Math.max(warmUp.getCount(), 1);
    try {
      for (int round = 0; round < rounds; round++) {
        try (var batch = model.bind(inputs)) {
          batch.run().close();
        }
      }
    } catch (DeviceMemoryException e) {
      throw e;
    } catch (ModelRunException e) {
      // Random bytes may be anything but an answerable request, and Triton serves the model then.
      log.warn("Warm-up is not answered: name={} reason={}", warmUp.getName(), e.getMessage());
    }
  }

  private List<Tensor> inputs(ModelWarmup warmUp) {
    var specs = model.signature().inputs();
    for (var name : warmUp.getInputsMap().keySet()) {
      if (SignatureChecks.indexOf(name, specs) < 0) {
        throw refusal(warmUp, name, "is no input of the model");
      }
    }
    var inputs = new ArrayList<Tensor>(specs.size());
    for (var spec : specs) {
      var described = warmUp.getInputsMap().get(spec.name());
      if (described != null) {
        inputs.add(input(warmUp, spec, described));
      } else if (isUnseen(spec.name())) {
        inputs.add(zeros(warmUp, spec));
      } else {
        throw refusal(warmUp, spec.name(), "is missing");
      }
    }
    return inputs;
  }

  /** Whether clients do not see an input: what a sequence adds to requests. */
  private boolean isUnseen(String name) {
    return declared.message().hasSequenceBatching()
        && declared.message().getInputList().stream()
            .noneMatch(input -> input.getName().equals(name));
  }

  private Tensor zeros(ModelWarmup warmUp, TensorSpec spec) {
    var dimensions = spec.shape().toArray();
    for (int i = 0; i < dimensions.length; i++) {
      boolean rows = i == 0 && model.signature().batchable();
      dimensions[i] =
          rows ? Integer.toUnsignedLong(warmUp.getBatchSize()) : Math.max(dimensions[i], 1);
    }
    var described =
        ModelWarmup.Input.newBuilder()
            .setDataType(DataTypes.configured(spec.type()))
            .setZeroData(true)
            .build();
    var shape = Shape.of(dimensions);
    return new Tensor(spec.name(), spec.type(), shape, data(warmUp, spec, described, shape));
  }

  private Tensor input(ModelWarmup warmUp, TensorSpec spec, ModelWarmup.Input input) {
    var shape = shape(warmUp, input);
    if (input.getDataType() != DataTypes.configured(spec.type()) || !spec.shape().accepts(shape)) {
      throw refusal(
          warmUp,
          spec.name(),
          "is %s %s, and the model takes %s %s"
              .formatted(
                  input.getDataType(), shape, DataTypes.configured(spec.type()), spec.shape()));
    }
    return new Tensor(spec.name(), spec.type(), shape, data(warmUp, spec, input, shape));
  }

  private Shape shape(ModelWarmup warmUp, ModelWarmup.Input input) {
    boolean rows = model.signature().batchable();
    var dimensions = new long[input.getDimsCount() + (rows ? 1 : 0)];
    for (int i = 0; i < input.getDimsCount(); i++) {
      dimensions[dimensions.length - input.getDimsCount() + i] = input.getDims(i);
    }
    if (rows) {
      dimensions[0] = Integer.toUnsignedLong(warmUp.getBatchSize());
    }
    return Shape.of(dimensions);
  }

  private ByteBuffer data(
      ModelWarmup warmUp, TensorSpec spec, ModelWarmup.Input input, Shape shape) {
    int elementBytes = spec.type() == DataType.BYTES ? Integer.BYTES : spec.type().sizeBytes();
    long bytes = bytes(warmUp, spec, shape, elementBytes);
    var data = ByteBuffer.allocateDirect((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
    return switch (input.getInputDataTypeCase()) {
      case INPUT_DATA_FILE -> fromFile(warmUp, spec, input.getInputDataFile(), shape, data);
      case RANDOM_DATA -> spec.type() == DataType.BYTES ? data : random(spec.type(), data);
      // Zeros are also what an empty string is made of.
      case ZERO_DATA, INPUTDATATYPE_NOT_SET -> data;
    };
  }

  private static long bytes(ModelWarmup warmUp, TensorSpec spec, Shape shape, int elementBytes) {
    long bytes = elementBytes;
    for (long dimension : shape.toArray()) {
      bytes = bytes > MOST_BYTES / dimension ? MOST_BYTES + 1 : bytes * dimension;
    }
    if (bytes > MOST_BYTES) {
      throw refusal(
          warmUp, spec.name(), "has more than %d bytes as %s".formatted(MOST_BYTES, shape));
    }
    return bytes;
  }

  private static ByteBuffer random(DataType type, ByteBuffer data) {
    var random = new SplittableRandom(data.capacity());
    while (data.hasRemaining()) {
      data.put((byte) (type == DataType.BOOL ? random.nextInt(2) : random.nextInt()));
    }
    return data.flip();
  }

  /** The file has one row, which is repeated; of texts, it has that many elements. */
  private ByteBuffer fromFile(
      ModelWarmup warmUp, TensorSpec spec, String name, Shape shape, ByteBuffer data) {
    int rows = model.signature().batchable() ? (int) shape.dimension(0) : 1;
    try {
      var file = ModelFolder.file(declared.folder(), FOLDER + "/" + name);
      if (Files.size(file) > MOST_BYTES / rows) {
        throw new IOException("it has more than %d bytes".formatted(MOST_BYTES / rows));
      }
      var row = Files.readAllBytes(file);
      int rowBytes = spec.type() == DataType.BYTES ? row.length : data.capacity() / rows;
      if (rowBytes > row.length) {
        throw new IOException(
            "warmup setting expects %d bytes, but the data provided from %s only has %d bytes"
                .formatted(rowBytes, name, row.length));
      }
      var filled = ByteBuffer.allocateDirect(rowBytes * rows).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < rows; i++) {
        filled.put(row, 0, rowBytes);
      }
      return filled.flip();
    } catch (IOException e) {
      throw refusal(
          warmUp, spec.name(), "cannot be read from '%s': %s".formatted(name, e.getMessage()));
    }
  }

  private static ModelLoadException refusal(ModelWarmup warmUp, String input, String what) {
    return new ModelLoadException(
        "The warm-up '%s' of config.pbtxt: its input '%s' %s. Correct it, or remove it."
            .formatted(warmUp.getName(), input, what),
        null);
  }
}
