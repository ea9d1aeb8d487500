package dev.millrace.trainer.architecture;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.pooling.Pool;
import ai.djl.training.ParameterStore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * A network in DJL: built from an architecture, trained by the training loop, read by the exporter.
 * One thread at a time.
 */
public final class Network implements AutoCloseable {
  private final Architecture architecture;
  private final Model model;
  private final List<Built> built;

  private record Built(Layer layer, Block block) {}

  private Network(Architecture architecture, Model model, List<Built> built) {
    this.architecture = architecture;
    this.model = model;
    this.built = built;
  }

  /** A network whose random weights follow from the seed. */
  public static Network create(Architecture architecture, long seed) {
    PyTorch.seed(seed);
    var built = architecture.layers().stream().map(l -> new Built(l, block(l))).toList();
    var sequence = new SequentialBlock();
    // Training wants numbers before the softmax, whose logarithm the loss takes more exactly.
    built.stream()
        .filter(part -> !(part.layer() instanceof Layer.Softmax))
        .forEach(part -> sequence.add(part.block()));
    var model = Model.newInstance("network", PyTorch.ENGINE);
    model.setBlock(sequence);
    return new Network(architecture, model, built);
  }

  /** What it was built from. */
  public Architecture architecture() {
    return architecture;
  }

  /** DJL's model, whose block answers numbers before the softmax. */
  public Model model() {
    return model;
  }

  /** Shape of a batch. */
  public Shape inputShape(int count) {
    return new Shape(count, 1, architecture.height(), architecture.width());
  }

  /**
   * What DJL answers for these images.
   *
   * @param pixels 0 to 1, image after image
   * @return probabilities, image after image
   */
  public float[] probabilities(float[] pixels, int count) {
    try (NDManager manager = model.getNDManager().newSubManager()) {
      NDArray input = manager.create(pixels, inputShape(count));
      var parameters = new ParameterStore(manager, false);
      NDList output = model.getBlock().forward(parameters, new NDList(input), false);
      return output.singletonOrThrow().softmax(1).toFloatArray();
    }
  }

  /** All layers with copies of what they learned. */
  public List<TrainedLayer> layers() {
    var layers = new ArrayList<TrainedLayer>();
    for (var part : built) {
      var weights = new LinkedHashMap<String, TrainedLayer.Weights>();
      for (var parameter : part.block().getDirectParameters().values()) {
        weights.put(parameter.getName(), weights(parameter.getArray()));
      }
      layers.add(new TrainedLayer(part.layer(), weights));
    }
    return layers;
  }

  private static TrainedLayer.Weights weights(NDArray array) {
    var shape = new ArrayList<Long>();
    for (long size : array.getShape().getShape()) {
      shape.add(size);
    }
    return new TrainedLayer.Weights(shape, array.toType(DataType.FLOAT32, false).toFloatArray());
  }

  private static Block block(Layer layer) {
    return switch (layer) {
      case Layer.Normalization n ->
          LambdaBlock.singleton(x -> x.sub(n.mean()).div(n.deviation()), "normalization");
      case Layer.Convolution c ->
          Conv2d.builder()
              .setFilters(c.filters())
              .setKernelShape(new Shape(c.kernel(), c.kernel()))
              .optPadding(new Shape(c.padding(), c.padding()))
              .build();
      case Layer.BatchNormalization _ -> BatchNorm.builder().build();
      case Layer.Relu _ -> LambdaBlock.singleton(x -> x.getNDArrayInternal().relu(), "relu");
      case Layer.MaxPool p -> {
        var size = new Shape(p.size(), p.size());
        yield Pool.maxPool2dBlock(size, size);
      }
      case Layer.Flatten _ ->
          LambdaBlock.singleton(x -> x.reshape(x.getShape().get(0), -1), "flatten");
      case Layer.Dense d -> Linear.builder().setUnits(d.units()).build();
      case Layer.Softmax _ -> LambdaBlock.singleton(x -> x.softmax(1), "softmax");
    };
  }

  @Override
  public void close() {
    model.close();
  }
}
