package dev.millrace.serving.runtime.onnx;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import dev.millrace.serving.runtime.ModelLoadException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the files that an ONNX model keeps its weights in, by walking its protobuf messages, and
 * refuses those outside the folder of the model: a model could otherwise read any file of the
 * server into an answer.
 */
final class ExternalData {
  // Field numbers of onnx.proto.
  private static final int MODEL_GRAPH = 7;
  private static final int MODEL_FUNCTIONS = 25;
  private static final int GRAPH_NODE = 1;
  private static final int GRAPH_INITIALIZER = 5;
  private static final int GRAPH_SPARSE_INITIALIZER = 15;
  private static final int FUNCTION_NODE = 7;
  private static final int FUNCTION_ATTRIBUTE_PROTO = 11;
  private static final int NODE_ATTRIBUTE = 5;
  private static final int ATTRIBUTE_TENSOR = 5;
  private static final int ATTRIBUTE_GRAPH = 6;
  private static final int ATTRIBUTE_TENSORS = 10;
  private static final int ATTRIBUTE_GRAPHS = 11;
  private static final int ATTRIBUTE_SPARSE_TENSOR = 22;
  private static final int ATTRIBUTE_SPARSE_TENSORS = 23;
  private static final int SPARSE_VALUES = 1;
  private static final int SPARSE_INDICES = 2;
  private static final int TENSOR_EXTERNAL_DATA = 13;
  private static final int ENTRY_KEY = 1;
  private static final int ENTRY_VALUE = 2;
  private static final int MOST_DEPTH = 100;

  private final List<String> locations = new ArrayList<>();

  private ExternalData() {}

  static void requireInside(Path modelFile) {
    for (var location : locations(modelFile)) {
      requireInside(modelFile, location);
    }
  }

  /** In the order of the file, with repetitions. */
  static List<String> locations(Path modelFile) {
    var found = new ExternalData();
    try (var in = Files.newInputStream(modelFile)) {
      found.walk(CodedInputStream.newInstance(in), Message.MODEL, 0);
      return found.locations;
    } catch (IOException e) {
      throw new ModelLoadException(
          "'%s' is not an ONNX model: %s. Export it again, or copy it again."
              .formatted(modelFile.getFileName(), e.getMessage()),
          e);
    }
  }

  private static void requireInside(Path modelFile, String location) {
    try {
      var folder = modelFile.toAbsolutePath().resolveSibling(".").toRealPath();
      var file = folder.resolve(location).normalize();
      // The second look follows links.
      if (location.contains("\\")
          || !file.startsWith(folder)
          || (Files.exists(file) && !file.toRealPath().startsWith(folder))) {
        throw new ModelLoadException(
            "The model keeps weights in '%s', outside its own folder. Save the model with its weights beside it."
                .formatted(location),
            null);
      }
      requirePresent(file, location);
    } catch (IOException | InvalidPathException e) {
      throw new ModelLoadException(
          "The model keeps weights in '%s', which cannot be read. Save the model again."
              .formatted(location),
          e);
    }
  }

  private static void requirePresent(Path file, String location) {
    if (!Files.isRegularFile(file)) {
      throw new ModelLoadException(
          "The model keeps weights in '%s', which is missing. Copy that file beside the model too."
              .formatted(location),
          null);
    }
  }

  private void walk(CodedInputStream in, Message message, int depth) throws IOException {
    if (depth > MOST_DEPTH) {
      throw new IOException("graphs are nested more than " + MOST_DEPTH + " deep");
    }
    String key = "";
    String value = "";
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      int field = WireFormat.getTagFieldNumber(tag);
      var inner = message.inner(field);
      if (WireFormat.getTagWireType(tag) != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
        in.skipField(tag);
      } else if (message == Message.ENTRY && field == ENTRY_KEY) {
        key = in.readString();
      } else if (message == Message.ENTRY && field == ENTRY_VALUE) {
        value = in.readString();
      } else if (inner == Message.SKIPPED) {
        in.skipField(tag);
      } else {
        descend(in, inner, depth);
      }
    }
    if (key.equals("location")) {
      locations.add(value);
    }
  }

  private void descend(CodedInputStream in, Message inner, int depth) throws IOException {
    int outerLimit = in.pushLimit(in.readRawVarint32());
    walk(in, inner, depth + 1);
    in.popLimit(outerLimit);
  }

  /** The messages on the way to external data, and which field leads to which. */
  private enum Message {
    MODEL,
    GRAPH,
    FUNCTION,
    NODE,
    ATTRIBUTE,
    SPARSE_TENSOR,
    TENSOR,
    ENTRY,
    SKIPPED;

    Message inner(int field) {
      return switch (this) {
        case MODEL ->
            switch (field) {
              case MODEL_GRAPH -> GRAPH;
              case MODEL_FUNCTIONS -> FUNCTION;
              default -> SKIPPED;
            };
        case GRAPH ->
            switch (field) {
              case GRAPH_NODE -> NODE;
              case GRAPH_INITIALIZER -> TENSOR;
              case GRAPH_SPARSE_INITIALIZER -> SPARSE_TENSOR;
              default -> SKIPPED;
            };
        case FUNCTION ->
            switch (field) {
              case FUNCTION_NODE -> NODE;
              case FUNCTION_ATTRIBUTE_PROTO -> ATTRIBUTE;
              default -> SKIPPED;
            };
        case NODE -> field == NODE_ATTRIBUTE ? ATTRIBUTE : SKIPPED;
        case ATTRIBUTE ->
            switch (field) {
              case ATTRIBUTE_TENSOR, ATTRIBUTE_TENSORS -> TENSOR;
              case ATTRIBUTE_GRAPH, ATTRIBUTE_GRAPHS -> GRAPH;
              case ATTRIBUTE_SPARSE_TENSOR, ATTRIBUTE_SPARSE_TENSORS -> SPARSE_TENSOR;
              default -> SKIPPED;
            };
        case SPARSE_TENSOR -> field == SPARSE_VALUES || field == SPARSE_INDICES ? TENSOR : SKIPPED;
        case TENSOR -> field == TENSOR_EXTERNAL_DATA ? ENTRY : SKIPPED;
        case ENTRY, SKIPPED -> SKIPPED;
      };
    }
  }
}
