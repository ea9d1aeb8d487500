package dev.millrace.loadtest.bench;

import dev.millrace.loadtest.bench.Cell.Server;
import dev.millrace.loadtest.fixture.FixtureModel;
import dev.millrace.loadtest.traffic.Protocol;
import java.util.List;
import java.util.Optional;

/**
 * Processor time per answer in multiples of one direct inference: what this project wants to reach,
 * and what NVIDIA Triton with its ONNX backend took on a machine of two cores.
 */
record Goal(FixtureModel model, Protocol protocol, int callers, double reach, double triton) {
  private static final List<Goal> ALL =
      List.of(
          new Goal(FixtureModel.MLP, Protocol.GRPC, 1, 11, 19),
          new Goal(FixtureModel.MLP, Protocol.GRPC, 8, 4.5, 7.6),
          new Goal(FixtureModel.MLP, Protocol.GRPC, 64, 3.5, 3.9),
          new Goal(FixtureModel.MLP, Protocol.BINARY, 1, 9, 12),
          new Goal(FixtureModel.MLP, Protocol.BINARY, 8, 2.3, 7.0),
          new Goal(FixtureModel.MLP, Protocol.BINARY, 64, 1.5, 4.0),
          new Goal(FixtureModel.MLP, Protocol.JSON, 1, 9, 16),
          new Goal(FixtureModel.MLP, Protocol.JSON, 8, 3.2, 12),
          new Goal(FixtureModel.MLP, Protocol.JSON, 64, 3.0, 12),
          new Goal(FixtureModel.LENET5, Protocol.GRPC, 1, 5.5, 8.0),
          new Goal(FixtureModel.LENET5, Protocol.GRPC, 8, 2.6, 3.4),
          new Goal(FixtureModel.LENET5, Protocol.GRPC, 64, 2.0, 2.1),
          new Goal(FixtureModel.LENET5, Protocol.BINARY, 1, 4, 5.2),
          new Goal(FixtureModel.LENET5, Protocol.BINARY, 8, 2.0, 3.6),
          new Goal(FixtureModel.LENET5, Protocol.BINARY, 64, 1.4, 3.2),
          new Goal(FixtureModel.LENET5, Protocol.JSON, 1, 5, 6.7),
          new Goal(FixtureModel.LENET5, Protocol.JSON, 8, 2.0, 5.0),
          new Goal(FixtureModel.LENET5, Protocol.JSON, 64, 1.8, 5.2),
          new Goal(FixtureModel.MINILM, Protocol.GRPC, 8, 0.9, 1.0),
          new Goal(FixtureModel.MINILM, Protocol.BINARY, 8, 0.9, 1.0),
          new Goal(FixtureModel.RESNET18, Protocol.GRPC, 1, 1.02, 1.02),
          new Goal(FixtureModel.RESNET18, Protocol.BINARY, 1, 1.02, 1.02),
          new Goal(FixtureModel.RESNET18, Protocol.JSON, 1, 1.10, 1.29));

  /** The goal for a cell; the baseline has none, nor have cells nobody measured Triton in. */
  static Optional<Goal> of(Cell cell) {
    return ALL.stream()
        .filter(goal -> cell.server() == Server.MILLRACE)
        .filter(goal -> goal.model == cell.model() && goal.protocol == cell.protocol())
        .filter(goal -> goal.callers == cell.callers())
        .findFirst();
  }
}
